// How the last words sounded, in one calm place.

import { CalmTone } from "../lib/calm_tone.js";
import { meaningOf, toneName } from "../lib/known_tones.js";
import { ToneTrend } from "../lib/tone_trend.js";
import { knownAffect, knownBand, toneInWords, whyInWords } from "../lib/tone_words.js";
import { t } from "../lib/words.js";
import { LiveElement } from "./live_element.js";
import { every, setText } from "./parts.js";

const FRESH_MS = 15_000; // older than this it is said that it is old

export class LinnetTone extends LiveElement {
  #calm = new CalmTone();
  #trend = new ToneTrend();
  #speaker = "";
  #shown_at_ms = 0;

  wake(signal) {
    const { feed, names } = this.live;
    feed.addEventListener("event", ({ detail }) => this.#take(detail), { signal });
    names.addEventListener("change", () => this.#name(), { signal });
    every(1_000, () => this.#age(), signal);
  }

  #take(event) {
    if (event.event_type !== "tone") return;
    const trend = this.#trend.take(event);
    if (!this.#calm.take(event, performance.now())) return;
    this.#shown_at_ms = performance.now();
    this.#speaker = event.speaker_id;
    this.dataset.affect = knownAffect(event.affect);
    this.dataset.band = knownBand(event.band);
    this.removeAttribute("data-old");
    this.#name();
    this.#show(event, trend);
  }

  #show(event, trend) {
    setText(this.its("tone"), capitalised(toneInWords(event)));
    setText(this.its("why"), whyInWords(event) || meaningOf(event.subtext));
    setText(this.its("maybe"), alternativesInWords(event));
    setText(this.its("trend"), trendInWords(trend));
  }

  #name() {
    setText(this.its("who"), this.live.names.of(this.#speaker));
  }

  #age() {
    if (this.#shown_at_ms && performance.now() - this.#shown_at_ms > FRESH_MS) this.dataset.old = "";
  }
}

function capitalised(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function trendInWords(trend) {
  if (trend === "rising") return t("Intensity is rising");
  return trend === "settling" ? t("Intensity is settling") : "";
}

function alternativesInWords({ alternatives = [], band }) {
  const labels = alternatives.slice(0, 2).map((alternative) => toneName(alternative.label ?? alternative));
  return band !== "clear" && labels.length ? t("Or: {tones}", { tones: labels.join(", ").toLowerCase() }) : "";
}

customElements.define("linnet-tone", LinnetTone);
