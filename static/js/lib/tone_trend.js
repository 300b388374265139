// Where a voice is going: the engine's own word when it has one, else what its last tones say.

import { isUnknown } from "./tone_matcher.js";

const HEAT = new Map([["frustrated", 2], ["urgent", 2], ["dismissive", 1], ["confused", 1]]); // the others: 0
const REMEMBERED = 6;
const FRESH_MS = 90_000;
const WORTH_SAYING = 1; // difference of mean heat between the earlier and the later half

export class ToneTrend {
  #tones = new Map(); // voice → [{heat, end_ms}]

  /** Take a tone event; return "rising", "settling" or "". */
  take(tone) {
    const { shift_direction, band, end_ms } = tone;
    if (band === "unclear") return "";
    const recent = this.#recent(tone).filter((earlier) => end_ms - earlier.end_ms <= FRESH_MS);
    recent.push({ heat: HEAT.get(tone.affect) ?? 0, end_ms });
    this.#tones.set(voiceOf(tone), recent.slice(-REMEMBERED));
    if (shift_direction === "escalating") return "rising";
    if (shift_direction === "de-escalating") return "settling";
    return trendOf(this.#recent(tone));
  }

  #recent(tone) {
    return this.#tones.get(voiceOf(tone)) ?? [];
  }
}

function voiceOf({ speaker_id }) {
  return isUnknown(speaker_id) ? "" : speaker_id;
}

function trendOf(tones) {
  if (tones.length < 4) return "";
  const half = tones.length >> 1;
  const difference = meanHeat(tones.slice(-half)) - meanHeat(tones.slice(0, half));
  if (difference >= WORTH_SAYING) return "rising";
  return difference <= -WORTH_SAYING ? "settling" : "";
}

function meanHeat(tones) {
  return tones.reduce((sum, { heat }) => sum + heat, 0) / tones.length;
}
