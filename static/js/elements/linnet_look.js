// How this reader likes the page: theme, size of captions, tone, Elcor, announcements. Kept on the device.

import { changeLook, readLook } from "../lib/look.js";

export class LinnetLook extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#fill(readLook());
    this.addEventListener("change", ({ target }) => this.#change(target), { signal: this.#lifetime.signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  #fill(look) {
    for (const control of this.querySelectorAll("[name]")) {
      const value = look[control.name] ?? this.dataset[control.name];
      if (control.type === "checkbox") control.checked = value === true || value === "true";
      else control.value = String(value);
    }
    this.#apply();
  }

  #change(control) {
    const value = control.type === "checkbox" ? control.checked : control.value;
    changeLook({ [control.name]: control.name === "text_percent" ? Number(value) : value });
    this.#apply();
  }

  /** What concerns the whole page `changeLook` sets; Elcor is this view's alone. */
  #apply() {
    const elcor = this.querySelector("[name=elcor]");
    if (elcor) document.documentElement.dataset.elcor = elcor.checked ? "on" : "off";
  }
}

customElements.define("linnet-look", LinnetLook);
