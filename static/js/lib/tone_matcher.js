// Which tone belongs to which line: the one that overlaps it longest. Once fixed it stays, so that nothing
// changes under a reader's eyes; only "unclear" may still become something.

const REMEMBERED = 40; // lines and tones; at one a second that is longer than any utterance

export class ToneMatcher {
  #tones = [];
  #lines = [];

  /** Take a line `{seq, start_ms, end_ms, speaker_id}`; return its tone event, or null for now. */
  takeLine(line) {
    const tone = best(this.#tones, line);
    remember(this.#lines, { ...line, tone });
    return tone;
  }

  /** Take a tone event; return the seqs of the lines that it now belongs to. */
  takeTone(tone) {
    remember(this.#tones, tone);
    const now = this.#lines.filter((line) => isOpen(line) && overlap_ms(tone, line) > 0 && best([tone], line));
    for (const line of now) line.tone = tone;
    return now.map((line) => line.seq);
  }
}

function isOpen({ tone }) {
  return tone === null || tone.band === "unclear";
}

function best(tones, line) {
  const candidates = tones.filter((tone) => overlap_ms(tone, line) > 0 && mayBeSame(tone, line));
  candidates.sort((a, b) => overlap_ms(b, line) - overlap_ms(a, line) || b.confidence - a.confidence);
  return candidates[0] ?? null;
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

function remember(list, item) {
  list.push(item);
  if (list.length > REMEMBERED) list.shift();
}
