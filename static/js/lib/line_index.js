// Lines by the time at which they begin. They nearly always come in order.

export class LineIndex {
  #starts_ms = [];
  #lines = [];

  get size() {
    return this.#lines.length;
  }

  add(start_ms, line) {
    const place = this.#after(start_ms);
    this.#starts_ms.splice(place, 0, start_ms);
    this.#lines.splice(place, 0, line);
  }

  /** The last line that began by `at_ms`, or else the first of all; null without lines. */
  at(at_ms) {
    return this.#lines[Math.max(0, this.#after(at_ms) - 1)] ?? null;
  }

  /** Whether a line began after `at_ms`: then nothing that comes can be nearer to that moment. */
  isPast(at_ms) {
    return this.#after(at_ms) < this.#lines.length;
  }

  /** The lines that began at `from_ms` or later, in order. */
  since(from_ms) {
    return this.#lines.slice(this.#after(from_ms - 1));
  }

  /** How many lines began by `at_ms`. */
  #after(at_ms) {
    let low = 0;
    let high = this.#starts_ms.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts_ms[middle] <= at_ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
