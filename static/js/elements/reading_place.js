// Where the reader of the captions is: reading along at the end, scrolled back, or holding the list as it is.

import { n, t } from "../lib/words.js";
import { setText } from "./parts.js";
import { ScrollingHand } from "./scrolling_hand.js";

const BOTTOM_PX = 96; // this close to the end counts as reading along
const SPACE_PX = 24; // between the last line and the edge of what can be seen

/** Emits `hold` and `go-on`. Lines that come while the list is held are marked `data-gathered`, which hides them. */
export class ReadingPlace extends EventTarget {
  #list;
  #jump;
  #coveredPx;
  #hand;
  #is_following = true;
  #is_held = false;
  #stays = 0; // how many things somebody does with lines: words may be corrected here while tools are open there
  #last_scroll_px = 0;
  #last_end_px = 0;
  #new_lines = 0;

  /** `jump`: the button that leads back to the newest line. `coveredPx`: how much of the window lies under a dock. */
  constructor(list, jump, signal, coveredPx = () => 0) {
    super();
    this.#list = list;
    this.#jump = jump;
    this.#coveredPx = coveredPx;
    this.#hand = new ScrollingHand(signal);
    addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
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

  /** Go along with the last line; never back up, from under a hand that reaches for what stands below the lines. */
  follow() {
    if (this.#is_following && !this.#is_held && !this.#stays) {
      this.#last_end_px = this.#endPx();
      scrollTo(0, Math.max(scrollY, this.#last_end_px));
      this.#last_scroll_px = scrollY; // or its event, which comes later, would look like a reader's
    }
    this.#offerJump();
  }

  /** Let the list stand where it is on the screen, though new lines are shown; return a function that ends it. */
  stay() {
    const was_following = this.#is_following;
    const from_px = scrollY;
    this.#is_following = false;
    this.#stays += 1;
    this.#offerJump();
    return () => {
      this.#stays -= 1;
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
    scrollTo(0, this.#endPx());
    this.#offerJump();
  }

  #scrolled() {
    const end_px = this.#endPx();
    const beyond_px = scrollY - end_px;
    const is_far = Math.abs(beyond_px) > innerHeight; // a search leads there; larger text or a turned phone does not
    const is_readers = this.#hand.isAtIt() || is_far;
    const is_of_layout = !is_readers && Math.abs(end_px - this.#last_end_px) > 2;
    this.#last_end_px = end_px;
    if (is_of_layout && this.#is_following && !this.#is_held) {
      this.#last_scroll_px = scrollY;
      this.follow();
      return;
    }
    const moved_px = scrollY - this.#last_scroll_px;
    const is_towards_end = beyond_px >= 0 || moved_px >= 0;
    if (Math.abs(beyond_px) < BOTTOM_PX && !this.#is_held) this.#is_following ||= is_towards_end;
    else if (moved_px < -2 || (beyond_px > 0 && moved_px > 2)) this.#is_following = false; // only a reader does that
    this.#last_scroll_px = scrollY;
    this.#offerJump();
  }

  /** Where the page is scrolled to when the last line is the last thing that can be seen. */
  #endPx() {
    const end_px = scrollY + this.#list.getBoundingClientRect().bottom + SPACE_PX;
    return Math.max(0, Math.ceil(end_px - (innerHeight - this.#coveredPx())));
  }

  #offerJump() {
    if (this.#is_following && !this.#is_held) this.#new_lines = 0;
    this.#jump.hidden = this.#stays > 0 || (this.#is_following && !this.#is_held);
    setText(this.#jump, this.#is_held ? heldInWords(this.#new_lines) : jumpInWords(this.#new_lines));
  }
}

function heldInWords(new_lines) {
  return new_lines ? n("Held. {count} new line", "Held. {count} new lines", new_lines) : t("Held. Nothing new yet");
}

function jumpInWords(new_lines) {
  return new_lines ? t("Jump to live ({count} new)", { count: new_lines }) : t("Jump to live");
}
