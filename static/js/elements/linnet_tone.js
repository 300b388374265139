// How the last words sounded, in one calm place.

import { CalmTone } from "../lib/calm_tone.js";
import { isUnknown } from "../lib/tone_matcher.js";
import { knownAffect, knownBand, toneInWords, whyInWords } from "../lib/tone_words.js";
import { every, partsOf, setText } from "./parts.js";

const FRESH_MS = 15_000; // older than this it is said that it is old

export class LinnetTone extends HTMLElement {
  #lifetime = null;
  #part = null;
  #calm = new CalmTone();
  #shown_at_ms = 0;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    const { feed } = this.closest("linnet-live");
    feed.addEventListener("event", ({ detail }) => this.#take(detail), { signal });
    every(1_000, () => this.#age(), signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  #take(event) {
    if (event.event_type !== "tone" || !this.#calm.take(event, performance.now())) return;
    this.#shown_at_ms = performance.now();
    this.dataset.affect = knownAffect(event.affect);
    this.dataset.band = knownBand(event.band);
    this.removeAttribute("data-old");
    const who = isUnknown(event.speaker_id) ? "" : event.speaker_id;
    setText(this.#part("who"), who);
    setText(this.#part("tone"), capitalised(toneInWords(event)));
    setText(this.#part("why"), whyInWords(event) || event.subtext || "");
    setText(this.#part("maybe"), alternativesInWords(event));
  }

  #age() {
    if (this.#shown_at_ms && performance.now() - this.#shown_at_ms > FRESH_MS) this.dataset.old = "";
  }
}

function capitalised(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function alternativesInWords({ alternatives = [], band }) {
  const labels = alternatives.slice(0, 2).map((alternative) => alternative.label ?? alternative);
  return band !== "clear" && labels.length ? `Or: ${labels.join(", ").toLowerCase()}` : "";
}

customElements.define("linnet-tone", LinnetTone);
