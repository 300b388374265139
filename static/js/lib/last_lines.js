// The last lines of a session: what a view shows that has no room for the rest, kept in step with the live feed.

import { isPerson, lineWords } from "./call_line.js";
import { steadyWords, wordsOf } from "./steady_text.js";
import { ToneMatcher } from "./tone_matcher.js";
import { t } from "./words.js";

const TRAILING_DOTS = /\s*(\.{3}|…)$/;
const PARTIAL_LIFE_MS = 20_000; // longer than an utterance can last: its final will not come any more
const STATES = new Map([["stopped", t("The session was ended.")], ["running", t("The session goes on.")]]);

/**
 * Lines are `{kind, seq, utterance_id, speaker_id, text, tone, start_ms}`; partials are always the last. Every method
 * returns whether something that is shown has changed.
 */
export class LastLines {
  #limit;
  #lines = [];
  #partials = new Map(); // utterance_id → line, with `words` and `heard_at_ms`
  #matcher = new ToneMatcher();
  #last_queue = "";

  constructor(limit) {
    this.#limit = limit;
  }

  get all() {
    return [...this.#lines, ...this.#partials.values()].slice(-this.#limit);
  }

  take(event) {
    switch (event.event_type) {
      case "transcript": return this.#takeWords(event);
      case "tone": return this.#takeTone(event);
      case "gap": return this.#add(event, event.text);
      case "state": return this.#add(event, STATES.get(event.label) ?? event.label);
      case "queue": return this.#takeQueue(event);
      case "speaker": if (isPerson(event.label)) this.#last_queue = "";
    }
    return false;
  }

  takePartial({ utterance_id, speaker_id, text, start_ms }, now_ms) {
    if (!text) return this.#partials.delete(utterance_id);
    const words = steadyWords(this.#partials.get(utterance_id)?.words ?? [], wordsOf(text.replace(TRAILING_DOTS, "")));
    const shown = `${words.join(" ")} …`;
    const line = { kind: "partial", utterance_id, speaker_id, words, text: shown, start_ms, heard_at_ms: now_ms };
    this.#partials.set(utterance_id, line);
    return true;
  }

  /** Forget unfinished words whose end was lost. */
  forgetPartials(now_ms) {
    const lost = [...this.#partials.values()].filter(({ heard_at_ms }) => now_ms - heard_at_ms > PARTIAL_LIFE_MS);
    for (const { utterance_id } of lost) this.#partials.delete(utterance_id);
    return lost.length > 0;
  }

  /** A line was corrected, given to another speaker or removed. */
  revise(seq, event) {
    const line = this.#lines.find((each) => each.seq === seq);
    if (!line) return false;
    line.text = event.removed ? t("A line was removed.") : event.text;
    line.speaker_id = event.speaker_id;
    line.is_removed = Boolean(event.removed);
    return true;
  }

  #takeWords(event) {
    this.#partials.delete(event.utterance_id);
    this.#add(event, event.removed ? t("A line was removed.") : event.text);
    this.#lines.at(-1).tone = this.#matcher.takeLine(event);
    return true;
  }

  #takeTone(tone) {
    const now = this.#matcher.takeTone(tone);
    const line = now && this.#lines.find(({ seq }) => seq === now.seq);
    if (line) line.tone = now.tone;
    return Boolean(line);
  }

  /** A voice service may say "hold_music" every second; one line is enough. */
  #takeQueue(event) {
    const words = lineWords(event.label);
    if (words === this.#last_queue) return false;
    this.#last_queue = words;
    return event.label === "none" ? false : this.#add(event, words);
  }

  #add({ event_type, seq, utterance_id, speaker_id, start_ms }, text) {
    this.#lines.push({ kind: event_type, seq, utterance_id, speaker_id, text, tone: null, start_ms });
    if (this.#lines.length > this.#limit) this.#lines.shift();
    return true;
  }
}
