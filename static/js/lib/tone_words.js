// A tone in words. A tone is a guess, so it "sounds" or "may sound"; it never "is".

import { measuredName, toneName } from "./known_tones.js";
import { t } from "./words.js";

const AFFECTS = new Set([
  "warm", "frustrated", "confused", "apologetic", "genuine", "dismissive", "urgent", "neutral",
]);
const BANDS = new Set(["clear", "maybe", "unclear"]);

/** Only names that the style sheet knows reach the page as attributes. */
export function knownAffect(name) {
  return AFFECTS.has(name) ? name : "neutral";
}

export function knownBand(name) {
  return BANDS.has(name) ? name : "unclear";
}

/** "sounds apologetic", "may sound apologetic" or "tone unclear". */
export function toneInWords({ label, band }) {
  if (knownBand(band) === "unclear" || !label) return t("tone unclear");
  const tone = beginningSmall(toneName(label));
  return band === "clear" ? t("sounds {tone}", { tone }) : t("may sound {tone}", { tone });
}

/** "[Apologetic]", "[Maybe apologetic]" or "[Tone unclear]", as in the exports. */
export function elcorPrefix({ label, band }) {
  if (!label) return "";
  if (knownBand(band) === "unclear") return t("[Tone unclear]");
  const tone = toneName(label);
  return band === "clear" ? `[${tone}]` : t("[Maybe {tone}]", { tone: beginningSmall(tone) });
}

/**
 * Why it sounds so: what was measured, in the order in which it helps. "" when nothing was said. Voice services call the
 * sentence `why` or `summary`; what it says already is not said twice.
 */
export function whyInWords({ prosody_flags = [], evidence = {} }) {
  const why = [evidence?.why, evidence?.summary].find((words) => typeof words === "string") ?? "";
  const flags = prosody_flags.filter((flag) => !why.includes(flag));
  return [flags.map(measuredName).join(", "), why].filter(Boolean).join("; ");
}

function beginningSmall(label) {
  return label.slice(0, 1).toLowerCase() + label.slice(1);
}
