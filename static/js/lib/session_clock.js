// An estimate of the session's sample clock at this device: the latest time heard of, moved on by wall time.

const STALE_MS = 20_000; // without news the clock is taken to stand still

export class SessionClock {
  #heard_ms = 0;
  #heard_at_ms = 0;

  /** Something of the session ended at `session_ms`, and it is `now_ms` by this device's own clock. */
  hear(session_ms, now_ms) {
    if (session_ms < this.#heard_ms) return;
    this.#heard_ms = session_ms;
    this.#heard_at_ms = now_ms;
  }

  /** Whether nothing was heard of for so long that the estimate is worth nothing. */
  isStale(now_ms) {
    return this.#heard_at_ms === 0 || now_ms - this.#heard_at_ms > STALE_MS;
  }

  at(now_ms) {
    return this.#heard_ms + Math.min(STALE_MS, Math.max(0, now_ms - this.#heard_at_ms));
  }
}
