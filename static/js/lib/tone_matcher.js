// Which tone belongs to which line: the one that covers most of it. Once fixed it stays, so that nothing changes
// under a reader's eyes; only "unclear" may still become something until the next line comes. Whatever is read later
// follows the same rule (sessions_app/annotation/tone_of_line.py); tests/tone_of_line.json has cases for both.

export class ToneMatcher {
  #tones = [];
  #line = null;
  #tone = null;

  /** Take a line `{seq, start_ms, end_ms, speaker_id}`; return its tone event, or null for now. */
  takeLine(line) {
    this.#tones = this.#tones.filter((tone) => tone.end_ms > line.start_ms);
    this.#line = line;
    this.#tone = best(this.#tones, line);
    return this.#tone;
  }

  /** Take a tone event; return the number of the line whose tone that changes, and the tone it has now. */
  takeTone(tone) {
    this.#tones.push(tone);
    const isFixed = this.#tone !== null && this.#tone.band !== "unclear";
    const now = this.#line === null || isFixed ? this.#tone : best(this.#tones, this.#line);
    if (now === this.#tone) return null;
    this.#tone = now;
    return { seq: this.#line.seq, tone: now };
  }
}

/** The longest of the tones that together cover most of the line; at a draw a sure one, then the first. */
function best(tones, line) {
  const candidates = tones.filter((tone) => overlap_ms(tone, line) > 0 && mayBeSame(tone, line));
  const covered_ms = new Map();
  for (const tone of candidates) covered_ms.set(nameOf(tone), (covered_ms.get(nameOf(tone)) ?? 0) + overlap_ms(tone, line));
  const [name] = [...covered_ms].reduce((most, other) => (covers(other, most) ? other : most), [null, 0]);
  return candidates.filter((tone) => nameOf(tone) === name).reduce(longer(line), null);
}

function covers([name, ms], [mostName, most_ms]) {
  return ms > most_ms || (ms === most_ms && mostName === "" && name !== "");
}

function longer(line) {
  return (longest, tone) => (longest && overlap_ms(longest, line) >= overlap_ms(tone, line) ? longest : tone);
}

/** Tones that are unclear count as one, whatever they might have been. */
function nameOf(tone) {
  return tone.band === "unclear" ? "" : tone.label;
}

function overlap_ms(tone, line) {
  return Math.min(tone.end_ms, line.end_ms) - Math.max(tone.start_ms, line.start_ms);
}

/** Two known and different speakers exclude each other; `speaker_a` is cf-voice's "no idea who". */
function mayBeSame({ speaker_id: one }, { speaker_id: other }) {
  return isUnknown(one) || isUnknown(other) || one === other;
}

export function isUnknown(speaker_id) {
  return !speaker_id || speaker_id === "speaker_a";
}
