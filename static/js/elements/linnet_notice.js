// What is said in passing: "Bookmarked 4:23", "Line removed. Undo". It goes by itself, but not under somebody's hand.

import { every, partsOf, setText } from "./parts.js";

const SHOWN_MS = 5_000;
const SHOWN_WITH_ACTION_MS = 12_000;
const STEP_MS = 250;

export class LinnetNotice extends HTMLElement {
  #lifetime = null;
  #part = null;
  #act = null;
  #left_ms = 0;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    this.#part("action").addEventListener("click", () => this.#do(), { signal });
    this.closest("linnet-live").shortcuts.on("z", () => this.#do(), signal);
    every(STEP_MS, () => this.#age(), signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  show(words, { label = "", act = null } = {}) {
    const had_focus = this.matches(":focus-within");
    this.#act = act;
    this.#left_ms = act ? SHOWN_WITH_ACTION_MS : SHOWN_MS;
    setText(this.#part("words"), words);
    setText(this.#part("action"), label);
    this.#part("action").hidden = !act;
    this.#part("box").toggleAttribute("data-shown", words !== "");
    if (had_focus && !act) this.closest("linnet-live").querySelector("linnet-line-tools").focusCurrent();
  }

  /** The clock stands still while somebody reaches for the button. */
  #age() {
    if (this.#left_ms <= 0 || this.matches(":hover, :focus-within")) return;
    this.#left_ms -= STEP_MS;
    if (this.#left_ms <= 0) this.show("");
  }

  #do() {
    const act = this.#act;
    if (!act) return;
    this.show("");
    act();
  }
}

customElements.define("linnet-notice", LinnetNotice);
