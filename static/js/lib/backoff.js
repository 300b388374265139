// Waiting times between attempts to connect: doubling, with jitter so that a room full of viewers
// does not come back in the same instant after a deploy.

const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

export class Backoff {
  #attempts = 0;
  #random;

  constructor(random = Math.random) {
    this.#random = random;
  }

  get attempts() {
    return this.#attempts;
  }

  /** The next wait: 0-1 s the first time, later between half and the whole of a doubling limit. */
  next_ms() {
    const limit_ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts);
    const share = this.#attempts === 0 ? this.#random() : 0.5 + this.#random() / 2;
    this.#attempts += 1;
    return Math.round(limit_ms * share);
  }

  reset() {
    this.#attempts = 0;
  }
}
