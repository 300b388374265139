// What the telephone line is doing, and since when, from queue and speaker events.

import { t } from "./words.js";

const WORDS = new Map([
  ["hold_music", t("On hold, music")],
  ["ringback", t("Ringing")],
  ["busy", t("Busy")],
  ["dtmf_tone", t("Keypad tones")],
  ["silence", t("Silence on the line")],
  ["dead_air", t("Nobody there")],
  ["ivr_synth", t("A recorded voice")],
  ["transfer", t("Being transferred")],
]);
const NOTHING = "none"; // the line stopped doing what it did
const PEOPLE = new Set(["human_single", "human_multi"]);

/** The words for a label of the line; one that nobody knows stays as it is. */
export function lineWords(label) {
  return WORDS.get(label) ?? label;
}

export function isPerson(label) {
  return PEOPLE.has(label);
}

export class CallLine {
  /** `{label, words, since_ms}`, or null while people talk or nothing is known. */
  current = null;

  /** Take any event; return whether what the line does has changed. */
  take({ event_type, label, start_ms }) {
    if (event_type !== "queue" && event_type !== "speaker") return false;
    if (isPerson(label) || label === NOTHING) return this.#become(null);
    if (!WORDS.has(label) || this.current?.label === label) return false;
    return this.#become({ label, words: WORDS.get(label), since_ms: start_ms });
  }

  #become(next) {
    const has_changed = next !== this.current;
    this.current = next;
    return has_changed;
  }
}
