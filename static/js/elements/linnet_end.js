// The End button: has the last words written down before the session is ended. Without scripts it is a plain form.
// Once the session has ended, here or elsewhere, it is the way to the debrief.

import { partsOf, setText } from "./parts.js";
import { t } from "../lib/words.js";

export class LinnetEnd extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    const { board } = this.closest("linnet-live");
    this.#form?.addEventListener("submit", (submission) => void this.#end(submission), { signal });
    board.addEventListener("change", () => this.#show(board.facts), { signal });
    this.#show(board.facts);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  /** Only the owner has one. */
  get #form() {
    return this.querySelector("form");
  }

  #show({ session }) {
    if (this.#form) this.#form.hidden = session === "stopped";
    partsOf(this)("read").hidden = session !== "stopped";
  }

  async #end(submission) {
    submission.preventDefault();
    const part = partsOf(this);
    part("button").disabled = true;
    setText(part("words"), t("Writing down the last words…"));
    await this.closest("linnet-live").querySelector("linnet-microphone")?.finish();
    submission.target.submit();
  }
}

customElements.define("linnet-end", LinnetEnd);
