// What is said in passing: "Bookmarked 4:23", "Line removed. Undo". It goes by itself, but not under somebody's hand.

import { LiveElement } from "./live_element.js";
import { every, setText } from "./parts.js";

const SHOWN_MS = 5_000;
const SHOWN_WITH_ACTION_MS = 12_000;
const STEP_MS = 250;

export class LinnetNotice extends LiveElement {
  #box = null; // moves into sheets, and its parts with it
  #words = null;
  #action = null;
  #act = null;
  #done = null; // the last one that was done
  #left_ms = 0;

  wake(signal) {
    [this.#box, this.#words, this.#action] = ["box", "words", "action"].map((name) => this.its(name));
    this.#action.addEventListener("click", () => this.#do(), { signal });
    this.live.shortcuts.on("z", () => this.#do(), signal);
    every(STEP_MS, () => this.#age(), signal);
  }

  /** Let the key do `act` though its button is not shown yet: what it undoes may be seen before it is answered. */
  expect(act) {
    this.#act = act;
  }

  show(words, { label = "", act = null } = {}) {
    if (act && act === this.#done) return;
    const had_focus = this.#box.matches(":focus-within");
    this.#act = act;
    this.#left_ms = act ? SHOWN_WITH_ACTION_MS : SHOWN_MS;
    this.#come();
    setText(this.#words, words);
    setText(this.#action, label);
    this.#action.hidden = !act;
    this.#box.toggleAttribute("data-shown", words !== "");
    if (had_focus && !act) this.live.querySelector("linnet-line-tools").focusCurrent();
  }

  /** Be where it can be heard and reached: in the sheet that lies over the page, as long as one does. */
  #come() {
    const sheet = this.live.querySelector("dialog[open]") ?? this;
    if (this.#box.parentElement !== sheet) sheet.append(this.#box);
  }

  /** The clock stands still while somebody reaches for the button. */
  #age() {
    if (this.#left_ms <= 0) return;
    this.#come();
    if (this.#box.matches(":hover, :focus-within")) return;
    this.#left_ms -= STEP_MS;
    if (this.#left_ms <= 0) this.show("");
  }

  #do() {
    const act = this.#act;
    if (!act) return;
    this.#done = act;
    this.show("");
    act();
  }
}

customElements.define("linnet-notice", LinnetNotice);
