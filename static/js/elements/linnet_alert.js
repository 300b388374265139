// "A person picked up": across the whole page, in the title, in the hand, and as the reader chose to be called.

import { callOut } from "../lib/call_out.js";
import { readLook } from "../lib/look.js";
import { t } from "../lib/words.js";
import { partsOf, setText } from "./parts.js";

const WORDS = new Map([["human_picked_up", t("A person picked up")]]);
const FRESH_MS = 30_000; // an alert that arrives later than this is history

export class LinnetAlert extends HTMLElement {
  #lifetime = null;
  #raised_at_ms = null; // the session's time of the last one: each calls once
  #title = null; // of the page, while the alert has taken its place

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
    if (!words || at_ms === this.#raised_at_ms || clock.at(performance.now()) - at_ms > FRESH_MS) return;
    this.#raised_at_ms = at_ms;
    this.dataset.raised = "";
    setText(partsOf(this)("words"), words);
    this.#title ??= document.title;
    document.title = `${words} · ${this.#title}`;
    callOut(words, readLook());
  }

  #dismiss() {
    delete this.dataset.raised;
    setText(partsOf(this)("words"), "");
    if (this.#title !== null) document.title = this.#title;
    this.#title = null;
  }
}

customElements.define("linnet-alert", LinnetAlert);
