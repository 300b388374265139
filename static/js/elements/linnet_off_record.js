// Off the record: one tap, and a banner that stays in every view until it is over.

import { t } from "../lib/words.js";
import { LiveElement } from "./live_element.js";
import { partsOf, setText } from "./parts.js";

const UNHEARD_MS = 2_000; // the clock tells of what was captioned; what is being said is this much further

export class LinnetOffRecord extends LiveElement {

  wake(signal) {
    const { feed } = this.live;
    const on = (type) => feed.addEventListener(type, ({ detail }) => this.#show(Boolean(detail.off_record)), { signal });
    ["snapshot", "session"].forEach(on);
    this.live.board.addEventListener("change", () => this.live.is_over && this.#show(false), { signal });
    signal.addEventListener("abort", () => delete document.documentElement.dataset.offRecord, { once: true });
    this.#show(this.#isOff);
    if (!this.#button) return;
    this.#button.addEventListener("click", () => void this.#toggle(), { signal });
    this.live.shortcuts.on("o", () => void this.#toggle(), signal);
  }

  /** Only the owner has one. */
  get #button() {
    return this.live.querySelector("[data-act=off-record]");
  }

  get #isOff() {
    return "off" in this.dataset;
  }

  #show(is_off) {
    this.toggleAttribute("data-off", is_off);
    document.documentElement.toggleAttribute("data-off-record", is_off);
    setText(this.its("words"), is_off ? t("Off the record: captions go on, nothing is kept.") : "");
    if (this.#button) this.#label(is_off);
  }

  #label(is_off) {
    const part = partsOf(this.#button);
    this.#button.toggleAttribute("data-off", is_off);
    setText(part("long"), is_off ? t("Back on the record") : t("Off the record"));
    setText(part("short"), is_off ? t("On record") : t("Off record"));
  }

  async #toggle() {
    const { edits, now_ms } = this.live;
    if (this.live.is_over) return false;
    if (!this.#isOff) return this.live.change(edits.goOffRecord());
    // What is said at this instant belongs to the stretch: rather a word too many is forgotten than one kept.
    const until_ms = now_ms === null ? null : now_ms + UNHEARD_MS;
    return this.live.change(edits.goOnRecord(until_ms), t("On the record again."));
  }
}

customElements.define("linnet-off-record", LinnetOffRecord);
