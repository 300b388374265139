// Choices of how captions look, in the Display menu and on their own page: shown at once, saved with the account.

import { changeLook, looks, readLook, tryLook } from "../lib/look.js";
import { t } from "../lib/words.js";

export class LinnetLook extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    this.#fill();
    looks.addEventListener("change", () => this.#fill(), { signal });
    this.addEventListener("input", ({ target }) => this.#try(target), { signal });
    this.addEventListener("change", ({ target }) => void this.#change(target), { signal });
    this.addEventListener("submit", (submission) => submission.preventDefault(), { signal });
    this.querySelector("[data-part=reset]")?.addEventListener("click", (click) => this.#reset(click), { signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  get #controls() {
    const look = readLook();
    return [...this.querySelectorAll("[name]")].filter((control) => control.name in look);
  }

  #fill() {
    const look = readLook();
    for (const control of this.#controls) {
      if (control.type === "checkbox") control.checked = look[control.name];
      else if (control !== document.activeElement) control.value = String(look[control.name]);
      showValue(control);
    }
  }

  /** A slider shows what it does while it moves. */
  #try(control) {
    if (control.type !== "range") return;
    tryLook({ [control.name]: Number(control.value) });
    showValue(control);
  }

  async #change(control) {
    if (!this.#controls.includes(control)) return;
    if (control.name === "alert_notice" && control.checked && !(await this.#mayNotify())) {
      control.checked = false;
      return;
    }
    const is_saved = await changeLook({ [control.name]: chosen(control) });
    this.#say(is_saved ? t("Saved.") : t("Kept on this device. Linnet cannot be reached now and will save it later."));
  }

  /** Asked only here, where somebody has just said that they want it. */
  async #mayNotify() {
    if (!("Notification" in globalThis)) {
      this.#say(t("This browser shows no notices."));
      return false;
    }
    if ((await Notification.requestPermission()) === "granted") return true;
    this.#say(t("Your browser does not let Linnet show notices. You can allow it in the browser's settings for this page."));
    return false;
  }

  async #reset(click) {
    const usual = JSON.parse(click.target.dataset.usual);
    click.preventDefault();
    const is_saved = await changeLook(usual);
    this.#say(is_saved ? t("Back to the usual look.") : t("Kept on this device until Linnet can be reached."));
  }

  #say(words) {
    const box = this.querySelector("[data-part=said]");
    if (box) box.textContent = words;
  }
}

function chosen(control) {
  if (control.type === "checkbox") return control.checked;
  return control.type === "range" ? Number(control.value) : control.value;
}

function showValue(control) {
  if (control.type === "range") control.setAttribute("aria-valuetext", t("{count} percent", { count: control.value }));
}

customElements.define("linnet-look", LinnetLook);
