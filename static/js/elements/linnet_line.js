// What the telephone line is doing ("On hold, music 4:10") and what is heard around it.

import { CallLine } from "../lib/call_line.js";
import { timecode } from "../lib/time_words.js";
import { t } from "../lib/words.js";
import { LiveElement } from "./live_element.js";
import { every, setText } from "./parts.js";

export class LinnetLine extends LiveElement {
  #line = new CallLine();

  wake(signal) {
    const { board, feed } = this.live;
    feed.addEventListener("event", ({ detail }) => this.#take(detail), { signal });
    board.addEventListener("change", () => this.live.is_over && this.#end(), { signal });
    every(1_000, () => this.#tick(), signal);
  }

  #take(event) {
    if (event.event_type === "environ") setText(this.its("around"), inWords(event.label));
    if (this.#line.take(event)) this.#show();
  }

  /** Nobody is on the line any more. */
  #end() {
    this.#line.current = null;
    setText(this.its("around"), "");
    this.#show();
  }

  #show() {
    const { current } = this.#line;
    if (current) this.dataset.label = current.label;
    else delete this.dataset.label;
    setText(this.its("words"), current?.words ?? "");
    this.its("call").hidden = current === null;
    this.#tick();
  }

  #tick() {
    const { current } = this.#line;
    if (!current) return;
    const now_ms = this.live.clock.at(performance.now());
    setText(this.its("time"), timecode(now_ms - current.since_ms));
  }
}

function inWords(label) {
  return label ? t("In the background: {sound}", { sound: label.replaceAll("_", " ") }) : "";
}

customElements.define("linnet-line", LinnetLine);
