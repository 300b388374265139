// Runs on the audio thread: native rate → 16 kHz mono Int16 frames of 100 ms, each with its level.
// One file without dependencies, because Firefox and Safari load nothing else into a worklet.

const OUTPUT_RATE_HZ = 16_000;
const FRAME_SAMPLES = 1_600; // 100 ms
const SILENCE_DBFS = -100; // below the quantisation noise of 16 bits, as on the server

const STOP_BAND_DB = 70;
const TRANSITION_SHARE = 0.125; // of the narrower Nyquist frequency: 7 to 8 kHz when going down to 16 kHz
const MAX_PHASES = 512; // enough for every usual rate; odd ones take the nearest phase

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * A windowed-sinc low-pass as one row of taps per output phase (Kaiser's design formulas).
 * Every row is scaled to unit gain, so that a constant stays the same constant.
 */
function designFilter(input_rate_hz, phases) {
  const nyquist_hz = Math.min(input_rate_hz, OUTPUT_RATE_HZ) / 2;
  const transition_hz = nyquist_hz * TRANSITION_SHARE;
  const cutoff = (nyquist_hz - transition_hz / 2) / input_rate_hz; // cycles per input sample
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  const width = (STOP_BAND_DB - 7.95) / (2.285 * 2 * Math.PI * (transition_hz / input_rate_hz));
  const half_taps = Math.ceil(width / 2);
  const taps = 2 * half_taps;
  const rows = [];
  for (let phase = 0; phase < phases; phase += 1) {
    const row = new Float32Array(taps);
    let gain = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - half_taps + 1 - phase / phases; // from the output instant, in input samples
      const inside = 1 - (distance / half_taps) ** 2;
      const kaiser = inside > 0 ? besselI0(beta * Math.sqrt(inside)) / besselI0(beta) : 0;
      const angle = 2 * Math.PI * cutoff * distance;
      row[tap] = (distance === 0 ? 1 : Math.sin(angle) / angle) * kaiser;
      gain += row[tap];
    }
    for (let tap = 0; tap < taps; tap += 1) row[tap] /= gain;
    rows.push(row);
  }
  return rows;
}

/** Converts a stream of blocks at any rate to 16 kHz; aliases lie below -60 dB. */
export class Resampler {
  #rows;
  #taps;
  #history; // the last taps - 1 samples of earlier blocks, then the present block
  #up; // the output instant moves by #down / #up input samples
  #down;
  #whole = 0; // output instant: whole input samples into #history …
  #part = 0; // … and #part / #up of the next

  constructor(input_rate_hz) {
    const divisor = greatestCommonDivisor(OUTPUT_RATE_HZ, Math.round(input_rate_hz));
    this.#up = OUTPUT_RATE_HZ / divisor;
    this.#down = Math.round(input_rate_hz) / divisor;
    this.#rows = this.#up === this.#down ? null : designFilter(input_rate_hz, Math.min(this.#up, MAX_PHASES));
    this.#taps = this.#rows ? this.#rows[0].length : 1;
    this.#history = new Float32Array(this.#taps - 1);
  }

  /** Return the samples at 16 kHz that `block` completes (Float32Array, possibly empty). */
  push(block) {
    if (!this.#rows) return block;
    const samples = new Float32Array(this.#history.length + block.length);
    samples.set(this.#history);
    samples.set(block, this.#history.length);
    const output = [];
    while (this.#whole + this.#taps <= samples.length) {
      output.push(this.#at(samples));
      this.#advance();
    }
    const consumed = Math.min(this.#whole, samples.length);
    this.#history = samples.slice(consumed);
    this.#whole -= consumed;
    return Float32Array.from(output);
  }

  #at(samples) {
    const row = this.#rows[Math.floor((this.#part / this.#up) * this.#rows.length)];
    let sum = 0;
    for (let tap = 0; tap < row.length; tap += 1) sum += row[tap] * samples[this.#whole + tap];
    return sum;
  }

  #advance() {
    this.#part += this.#down;
    this.#whole += Math.floor(this.#part / this.#up);
    this.#part %= this.#up;
  }
}

/** Cuts samples into frames of `{pcm: Int16Array, level_dbfs}`; 0 dBFS is a full-scale square wave. */
export class Framer {
  #pcm = new Int16Array(FRAME_SAMPLES);
  #filled = 0;
  #energy = 0;

  push(samples) {
    const frames = [];
    for (const sample of samples) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.#pcm[this.#filled] = Math.max(-32_768, Math.min(32_767, Math.round(clipped * 32_768)));
      this.#energy += clipped * clipped;
      this.#filled += 1;
      if (this.#filled === FRAME_SAMPLES) frames.push(this.#finish());
    }
    return frames;
  }

  #finish() {
    const mean_square = this.#energy / FRAME_SAMPLES;
    const level_dbfs = mean_square > 0 ? Math.max(SILENCE_DBFS, 10 * Math.log10(mean_square)) : SILENCE_DBFS;
    const pcm = this.#pcm;
    this.#pcm = new Int16Array(FRAME_SAMPLES);
    this.#filled = 0;
    this.#energy = 0;
    return { pcm, level_dbfs };
  }
}

function mixToMono(channels) {
  if (channels.length === 1) return channels[0];
  const mono = new Float32Array(channels[0].length);
  for (const channel of channels) {
    for (let index = 0; index < mono.length; index += 1) mono[index] += channel[index] / channels.length;
  }
  return mono;
}

class CaptureProcessor extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate);
  #framer = new Framer();

  process([channels]) {
    if (!channels?.length) return true;
    for (const frame of this.#framer.push(this.#resampler.push(mixToMono(channels)))) {
      this.port.postMessage(frame, [frame.pcm.buffer]);
    }
    return true;
  }
}

registerProcessor("linnet-capture", CaptureProcessor);
