// All keys, listed under "?"; and the switch that turns the single ones off on this device.

import { closable } from "./dialogs.js";
import { LiveElement } from "./live_element.js";

export class LinnetShortcuts extends LiveElement {
  wake(signal) {
    const { shortcuts } = this.live;
    const open = () => this.its("dialog").showModal();
    this.its("on").checked = shortcuts.areOn;
    this.its("on").addEventListener("change", ({ target }) => shortcuts.switch(target.checked), { signal });
    this.its("open").addEventListener("click", open, { signal });
    shortcuts.on("?", open, signal);
    closable(this.its("dialog"), signal);
  }
}

customElements.define("linnet-shortcuts", LinnetShortcuts);
