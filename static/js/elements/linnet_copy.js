// A text to copy with one press; without scripts or a clipboard it can still be selected.

import { partsOf, setText } from "./parts.js";

export class LinnetCopy extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    const part = partsOf(this);
    part("button").hidden = false;
    part("button").addEventListener("click", () => void this.#copy(), { signal });
    part("text").addEventListener("focus", ({ target }) => target.select(), { signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  async #copy() {
    const part = partsOf(this);
    const said = part("said");
    try {
      await navigator.clipboard.writeText(part("text").value);
      setText(said, said.dataset.done);
    } catch {
      setText(said, said.dataset.failed);
      part("text").focus();
    }
  }
}

customElements.define("linnet-copy", LinnetCopy);
