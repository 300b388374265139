// What the elements of the live page have in common: they find their parts and the page around them, and whatever they
// acquire goes with one signal when they leave it.

import { partsOf } from "./parts.js";

export class LiveElement extends HTMLElement {
  #lifetime = null;
  #find = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#find = partsOf(this);
    this.wake(this.#lifetime.signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  /** Acquire what this element needs, until `signal` is aborted. */
  wake() {
    throw new Error(`<${this.localName}> does not say what it does`);
  }

  get live() {
    return this.closest("linnet-live");
  }

  /** The part of this element that is called `name`. */
  its(name) {
    return this.#find(name);
  }
}
