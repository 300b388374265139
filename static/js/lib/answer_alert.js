// Somebody answered after ringing or hold music: what is said of it, and for how long. Sound cannot tell a person from
// a recording; words can, a few seconds later.

import { t } from "./words.js";

const KIND = "human_picked_up";
const RECORDED = "ivr_synth";
const FRESH_MS = 30_000; // one that arrives later than this is history
const SHOWN_MS = 30_000;
const CORRECTION_SHOWN_MS = 12_000;

export class AnswerAlert {
  words = ""; // "" when nothing is to be said
  is_corrected = false;
  #at_ms = null; // the session's time of the last one: each calls once
  #left_ms = 0;

  /** Take an `alert` message at `now_ms` of the session's clock; return whether it calls. */
  raise({ kind, at_ms }, now_ms) {
    if (kind !== KIND || at_ms === this.#at_ms || now_ms - at_ms > FRESH_MS) return false;
    this.#at_ms = at_ms;
    this.#say(t("Somebody or a recording answered"), SHOWN_MS);
    this.is_corrected = false;
    return true;
  }

  /** Take any event; return whether it takes back what is said. */
  hear({ event_type, label, end_ms }) {
    const is_recorded = event_type === "speaker" && label === RECORDED && end_ms >= this.#at_ms;
    if (!is_recorded || this.words === "" || this.is_corrected) return false;
    this.#say(t("Probably a recorded voice"), CORRECTION_SHOWN_MS);
    this.is_corrected = true;
    return true;
  }

  /** `passed_ms` went by in which somebody could look; return whether that was long enough. */
  age(passed_ms) {
    if (this.words === "") return false;
    this.#left_ms -= passed_ms;
    return this.#left_ms <= 0;
  }

  end() {
    this.words = "";
  }

  #say(words, shown_ms) {
    this.words = words;
    this.#left_ms = shown_ms;
  }
}
