// What the telephone line is doing ("On hold, music 4:10") and what is heard around it.

import { CallLine } from "../lib/call_line.js";
import { timecode } from "../lib/time_words.js";
import { every, partsOf, setText } from "./parts.js";

export class LinnetLine extends HTMLElement {
  #lifetime = null;
  #part = null;
  #line = new CallLine();

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    const { feed } = this.closest("linnet-live");
    feed.addEventListener("event", ({ detail }) => this.#take(detail), { signal });
    every(1_000, () => this.#tick(), signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  #take(event) {
    if (event.event_type === "environ") setText(this.#part("around"), inWords(event.label));
    if (this.#line.take(event)) this.#show();
  }

  #show() {
    const { current } = this.#line;
    this.dataset.label = current?.label ?? "";
    setText(this.#part("words"), current?.words ?? "");
    this.#part("call").hidden = current === null;
    this.#tick();
  }

  #tick() {
    const { current } = this.#line;
    if (!current) return;
    const now_ms = this.closest("linnet-live").clock.at(performance.now());
    setText(this.#part("time"), timecode(now_ms - current.since_ms));
  }
}

function inWords(label) {
  return label ? t("In the background: {sound}", { sound: label.replaceAll("_", " ") }) : "";
}

customElements.define("linnet-line", LinnetLine);
