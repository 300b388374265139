// The End button: has the last words written down before the session is ended. Without scripts it is a plain form.
// Once the session has ended, here or elsewhere, it is the way to the debrief.

import { isReachable } from "../lib/reach.js";
import { t } from "../lib/words.js";
import { LiveElement } from "./live_element.js";
import { setText } from "./parts.js";

export class LinnetEnd extends LiveElement {
  #label = null; // what the button says at rest

  wake(signal) {
    const { board } = this.live;
    this.#form?.addEventListener("submit", (submission) => void this.#end(submission), { signal });
    board.addEventListener("change", () => this.#show(board.facts), { signal });
    this.#show(board.facts);
  }

  /** Only the owner has one. */
  get #form() {
    return this.querySelector("form");
  }

  #show({ session, feed }) {
    this.its("read").hidden = session !== "stopped";
    if (!this.#form) return;
    this.#form.hidden = session === "stopped";
    if (feed === "open" || session === "stopped") this.#complain("");
  }

  /** The page goes only when Linnet answers: its captions, and sound that waits to be sent, would go with it. */
  async #end(submission) {
    submission.preventDefault();
    this.#wait(true);
    if (await this.#isThere()) await this.live.querySelector("linnet-microphone")?.finish();
    else return this.#stay();
    if (await this.#isThere()) this.#form.submit();
    else this.#stay();
  }

  #isThere() {
    return isReachable(this.live.dataset.url);
  }

  #stay() {
    this.#wait(false);
    this.#complain(
      t("Linnet cannot be reached, so the session has not ended. Nothing on this page is lost. Try again in a moment."),
    );
  }

  #wait(is_waiting) {
    const words = this.its("words");
    this.its("button").disabled = is_waiting;
    this.#label ??= [...words.childNodes];
    words.replaceChildren(...(is_waiting ? [t("Writing down the last words…")] : this.#label));
    if (is_waiting) this.#complain("");
  }

  #complain(words) {
    setText(this.its("trouble"), words);
    this.its("trouble").hidden = words === "";
  }
}

customElements.define("linnet-end", LinnetEnd);
