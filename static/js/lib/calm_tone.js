// The tone of this moment, held still: at most one change in 5 s, unless the new one is clear.

const HOLD_MS = 5_000;

export class CalmTone {
  #shown = null;
  #shown_at_ms = -Infinity;

  /** Take a tone event at wall time `now_ms`; return whether it is to be shown. */
  take(tone, now_ms) {
    const is_same = this.#shown?.label === tone.label && this.#shown?.band === tone.band;
    const is_due = is_same || tone.band === "clear" || now_ms - this.#shown_at_ms >= HOLD_MS;
    if (!is_due) return false;
    if (!is_same) this.#shown_at_ms = now_ms;
    this.#shown = tone;
    return true;
  }
}
