// The last seconds of sound that the server has not settled yet, addressed by the session's sample clock.

/**
 * Pieces are `{first_sample, samples, pcm}`; `pcm` is an Int16Array, or null for a stretch the device
 * could not record. Beyond `capacity_samples` the oldest piece is forgotten.
 */
export class AudioRing {
  #pieces = [];
  #capacity_samples;
  #next_sample = 0;

  constructor(capacity_samples) {
    this.#capacity_samples = capacity_samples;
  }

  /** First sample still held; `next_sample` when empty. */
  get first_sample() {
    return this.#pieces[0]?.first_sample ?? this.#next_sample;
  }

  /** The sample that the next piece will begin with. */
  get next_sample() {
    return this.#next_sample;
  }

  push(pcm) {
    this.#append(pcm.length, pcm);
  }

  skip(samples) {
    if (samples > 0) this.#append(samples, null);
  }

  /** Forget the pieces that lie wholly below `through_sample`. */
  settle(through_sample) {
    while (this.#pieces.length && endOf(this.#pieces[0]) <= through_sample) this.#pieces.shift();
  }

  /** The held sound from `sample` to the end of its piece, or null when there is none. */
  pieceAt(sample) {
    const piece = this.#pieces.find((held) => sample < endOf(held));
    if (!piece || sample < piece.first_sample) return null;
    const offset = sample - piece.first_sample;
    return {
      first_sample: sample,
      samples: piece.samples - offset,
      pcm: piece.pcm && (offset ? piece.pcm.subarray(offset) : piece.pcm),
    };
  }

  /** Move everything held by `samples`: recorded before the server had said where its clock stands. */
  shift(samples) {
    for (const piece of this.#pieces) piece.first_sample += samples;
    this.#next_sample += samples;
  }

  /** Forget everything and go on at `sample`. */
  restartAt(sample) {
    this.#pieces = [];
    this.#next_sample = sample;
  }

  #append(samples, pcm) {
    this.#pieces.push({ first_sample: this.#next_sample, samples, pcm });
    this.#next_sample += samples;
    while (this.#pieces.length > 1 && this.#next_sample - this.first_sample > this.#capacity_samples) {
      this.#pieces.shift();
    }
  }
}

function endOf(piece) {
  return piece.first_sample + piece.samples;
}
