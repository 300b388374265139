// Gathers finished lines for a screen reader: one message at most every 2 s, in order.

const BATCH_MS = 2_000; // more than one update a second is "cacophony" to its listeners

export class Announcer {
  #say;
  #waiting = [];
  #timer = null;

  constructor(say) {
    this.#say = say;
  }

  take(line) {
    this.#waiting.push(line);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = [];
  }

  #flush() {
    this.#timer = null;
    this.#say(this.#waiting.splice(0).join(" "));
  }
}
