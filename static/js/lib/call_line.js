// What the telephone line is doing, and since when, from queue and speaker events.

const WORDS = new Map([
  ["hold_music", "On hold, music"],
  ["ringback", "Ringing"],
  ["busy", "Busy"],
  ["dtmf_tone", "Keypad tones"],
  ["silence", "Silence on the line"],
  ["dead_air", "Nobody there"],
  ["ivr_synth", "A recorded voice"],
  ["transfer", "Being transferred"],
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
