// The words for tones that are ours, in the reader's language; templatetags/tone_words.py holds the same for templates.
// What another listener says of a tone is shown as it comes.

import { t } from "./words.js";

const NAMES = new Map([
  ["Not enough speech yet", t("Not enough speech yet")],
  ["Calm and steady", t("Calm and steady")],
  ["Much as usual", t("Much as usual")],
  ["More energetic than usual", t("More energetic than usual")],
  ["Tense or excited", t("Tense or excited")],
  ["Quieter and flatter than usual", t("Quieter and flatter than usual")],
  ["Lower and softer than usual", t("Lower and softer than usual")],
  ["Unclear", t("Unclear")],
  ["Warm", t("Warm")],
  ["Frustrated", t("Frustrated")],
  ["Confused", t("Confused")],
  ["Apologetic", t("Apologetic")],
  ["Genuine", t("Genuine")],
  ["Dismissive", t("Dismissive")],
  ["Urgent", t("Urgent")],
  ["Neutral", t("Neutral")],
]);
const MEASURED = new Map([
  ["louder", t("louder")],
  ["quieter", t("quieter")],
  ["higher", t("higher")],
  ["lower", t("lower")],
  ["faster", t("faster")],
  ["slower", t("slower")],
  ["flatter", t("flatter")],
]);
const MEANINGS = new Map([
  ["They may be well disposed towards you.", t("They may be well disposed towards you.")],
  ["Something may be bothering them; it need not be you.", t("Something may be bothering them; it need not be you.")],
  ["They may not have understood, or not know the answer.", t("They may not have understood, or not know the answer.")],
  ["They may be sorry about this.", t("They may be sorry about this.")],
  ["They may mean it just as they say it.", t("They may mean it just as they say it.")],
  ["They may want to be done with this topic.", t("They may want to be done with this topic.")],
  ["They speak with more energy; excitement and stress sound alike.", t("They speak with more energy; excitement and stress sound alike.")],
  ["Nothing in the voice stands out.", t("Nothing in the voice stands out.")],
  ["The voice does not say enough to tell.", t("The voice does not say enough to tell.")],
]);

/** What a tone is called. */
export function toneName(label) {
  return NAMES.get(label) ?? label;
}

/** What was measured: "louder". */
export function measuredName(flag) {
  return MEASURED.get(flag) ?? flag;
}

/** What a tone may mean, in a sentence. */
export function meaningOf(subtext = "") {
  return MEANINGS.get(subtext) ?? subtext;
}
