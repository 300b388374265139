// The Start form: tells the live page, which comes next in this tab, to open the microphone at once.

import { START_FLAG } from "../lib/tab_memory.js";

export class LinnetStart extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const remember = () => sessionStorage.setItem(START_FLAG, "1");
    this.addEventListener("submit", remember, { signal: this.#lifetime.signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }
}

customElements.define("linnet-start", LinnetStart);
