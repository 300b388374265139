// One status in plain words. Only the words are a live region: the detail would chatter.

import { partsOf, setText } from "./parts.js";

export class LinnetStatus extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { board } = this.closest("linnet-live");
    board.addEventListener("change", ({ detail }) => this.#show(detail), { signal: this.#lifetime.signal });
    this.#show(board.status);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  #show({ key, words, detail }) {
    const part = partsOf(this);
    this.dataset.status = key;
    setText(part("words"), words);
    setText(part("detail"), detail);
  }
}

customElements.define("linnet-status", LinnetStatus);
