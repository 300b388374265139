// Where the reader of the captions is: reading along at the end, scrolled back, or holding the list as it is.

import { n, t } from "../lib/words.js";
import { setText } from "./parts.js";

const BOTTOM_PX = 96; // this close to the end counts as reading along

/** Emits `hold` and `go-on`. Lines that come while the list is held are marked `data-gathered`, which hides them. */
export class ReadingPlace extends EventTarget {
  #list;
  #jump;
  #is_following = true;
  #is_held = false;
  #is_still = false; // while somebody does something with a line
  #last_scroll_px = 0;
  #new_lines = 0;

  /** `jump`: the button that leads back to the newest line. */
  constructor(list, jump, signal) {
    super();
    this.#list = list;
    this.#jump = jump;
    addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    addEventListener("resize", () => this.follow(), { signal, passive: true });
    jump.addEventListener("click", () => this.jump(), { signal });
  }

  get is_held() {
    return this.#is_held;
  }

  /** A line was put into the list; `counts` says whether it is a finished one. */
  take(line, { counts }) {
    if (this.#is_held) line.dataset.gathered = "";
    if (counts) this.#new_lines += 1;
    this.#offerJump();
  }

  follow() {
    if (this.#is_following && !this.#is_held) scrollTo(0, document.documentElement.scrollHeight);
    this.#offerJump();
  }

  /** Let the list stand where it is on the screen, though new lines are shown; return a function that ends it. */
  stay() {
    const was_following = this.#is_following;
    const from_px = scrollY;
    this.#is_following = false;
    this.#is_still = true;
    this.#offerJump();
    return () => {
      this.#is_still = false;
      this.#is_following ||= was_following && scrollY >= from_px - BOTTOM_PX;
      this.follow();
    };
  }

  /** Show `line`, wherever it is. */
  goTo(line) {
    this.#is_following = false;
    line.scrollIntoView({ block: "center" });
    this.#offerJump();
  }

  hold() {
    if (this.#is_held) return;
    this.#is_held = true;
    this.#new_lines = 0;
    this.#list.dataset.held = "";
    this.#offerJump();
    this.dispatchEvent(new CustomEvent("hold"));
  }

  goOn() {
    if (!this.#is_held) return;
    this.#is_held = false;
    delete this.#list.dataset.held;
    for (const line of this.#list.querySelectorAll("[data-gathered]")) delete line.dataset.gathered;
    this.dispatchEvent(new CustomEvent("go-on"));
    this.follow();
  }

  jump() {
    this.#is_following = true;
    this.goOn();
    this.follow();
  }

  #scrolled() {
    if (this.#isNearEnd() && !this.#is_held) this.#is_following ||= scrollY >= this.#last_scroll_px;
    else if (scrollY < this.#last_scroll_px - 2) this.#is_following = false; // only a reader scrolls up
    this.#last_scroll_px = scrollY;
    this.#offerJump();
  }

  #isNearEnd() {
    return document.documentElement.scrollHeight - innerHeight - scrollY < BOTTOM_PX;
  }

  #offerJump() {
    if (this.#is_following && !this.#is_held) this.#new_lines = 0;
    this.#jump.hidden = this.#is_still || (this.#is_following && !this.#is_held);
    setText(this.#jump, this.#is_held ? heldInWords(this.#new_lines) : jumpInWords(this.#new_lines));
  }
}

function heldInWords(new_lines) {
  return new_lines ? n("Held. {count} new line", "Held. {count} new lines", new_lines) : t("Held. Nothing new yet");
}

function jumpInWords(new_lines) {
  return new_lines ? t("Jump to live ({count} new)", { count: new_lines }) : t("Jump to live");
}
