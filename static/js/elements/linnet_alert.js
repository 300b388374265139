// "A person picked up": across the whole page, in the title, and in the hand.

import { partsOf, setText } from "./parts.js";

const WORDS = new Map([["human_picked_up", "A person picked up"]]);
const VIBRATION_MS = [400, 200, 400];
const FRESH_MS = 30_000; // an alert that arrives later than this is history

export class LinnetAlert extends HTMLElement {
  #lifetime = null;
  #title = document.title;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    const live = this.closest("linnet-live");
    live.feed.addEventListener("alert", ({ detail }) => this.#raise(detail, live.clock), { signal });
    partsOf(this)("dismiss").addEventListener("click", () => this.#dismiss(), { signal });
    addEventListener("keydown", ({ key }) => key === "Escape" && this.#dismiss(), { signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
    this.#dismiss();
  }

  #raise({ kind, at_ms }, clock) {
    const words = WORDS.get(kind);
    if (!words || clock.at(performance.now()) - at_ms > FRESH_MS) return;
    this.dataset.raised = "";
    setText(partsOf(this)("words"), words);
    document.title = `${words} · ${this.#title}`;
    navigator.vibrate?.(VIBRATION_MS);
  }

  #dismiss() {
    delete this.dataset.raised;
    setText(partsOf(this)("words"), "");
    document.title = this.#title;
  }
}

customElements.define("linnet-alert", LinnetAlert);
