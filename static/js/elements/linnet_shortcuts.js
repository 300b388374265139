// All keys, listed under "?"; and the switch that turns the single ones off on this device.

import { closable } from "./dialogs.js";
import { partsOf } from "./parts.js";

export class LinnetShortcuts extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    const part = partsOf(this);
    const { shortcuts } = this.closest("linnet-live");
    const open = () => part("dialog").showModal();
    part("on").checked = shortcuts.areOn;
    part("on").addEventListener("change", ({ target }) => shortcuts.switch(target.checked), { signal });
    part("open").addEventListener("click", open, { signal });
    shortcuts.on("?", open, signal);
    closable(part("dialog"), signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }
}

customElements.define("linnet-shortcuts", LinnetShortcuts);
