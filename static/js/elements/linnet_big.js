// The last lines in very large letters. Nothing to press: the key f fills the screen, which stays on.

import { inWords, isShutOut } from "../lib/close_codes.js";
import { LastLines } from "../lib/last_lines.js";
import { elcorPrefix, toneInWords } from "../lib/tone_words.js";
import { WakeLock } from "../lib/wake_lock.js";
import { LiveElement } from "./live_element.js";
import { every, setText } from "./parts.js";

const LINES = 12; // more than fit: what leaves the window at the top is gone from sight

export class LinnetBig extends LiveElement {
  #lines = new LastLines(LINES);
  #shown = new Map(); // line → <li>
  #wake_lock = new WakeLock();

  wake(signal) {
    this.#listen(signal);
    void this.#wake_lock.hold();
    signal.addEventListener("abort", () => this.#wake_lock.release(), { once: true });
  }

  get #names() {
    return this.live.names;
  }

  #listen(signal) {
    const { feed } = this.live;
    const on = (type, change) => {
      feed.addEventListener(type, ({ detail }) => change(detail) && this.#show(), { signal });
    };
    feed.addEventListener("snapshot", () => this.#show(), { signal });
    on("event", (event) => this.#lines.take(event));
    on("partial", (partial) => this.#lines.takePartial(partial, performance.now()));
    on("revised", ({ seq, event }) => this.#lines.revise(seq, event));
    feed.addEventListener("bye", ({ detail }) => isShutOut(detail.code) && this.#forget(detail.code), { signal });
    this.#names.addEventListener("change", () => this.#show(), { signal });
    every(5_000, () => this.#lines.forgetPartials(performance.now()) && this.#show(), signal);
    document.addEventListener("keydown", (press) => fillScreen(press), { signal });
  }

  /** What its reader may no longer see leaves the page. */
  #forget(code) {
    this.#lines = new LastLines(LINES);
    this.#shown.clear();
    this.its("list").replaceChildren();
    setText(this.its("empty"), inWords(code));
    this.its("empty").hidden = false;
  }

  /** Lines keep their elements, so that only what changed is drawn anew. */
  #show() {
    const lines = this.#lines.all;
    if (!lines.length) return;
    const shown = new Map(lines.map((line) => [keyOf(line), this.#shown.get(keyOf(line)) ?? this.#newLine()]));
    for (const line of lines) this.#fill(shown.get(keyOf(line)), line);
    this.#shown = shown;
    const items = [...shown.values()];
    const list = this.its("list");
    if (items.some((item, index) => list.children[index] !== item) || list.children.length !== items.length) {
      list.replaceChildren(...items);
    }
    this.its("empty").hidden = true;
  }

  #newLine() {
    return this.its("line").content.firstElementChild.cloneNode(true);
  }

  #fill(item, { kind, speaker_id, text, tone: heard, is_removed }) {
    const tone = is_removed ? null : heard; // the words may come back, and their tone with them
    const set = (name, words) => setText(item.querySelector(`[data-part=${name}]`), words);
    item.dataset.kind = kind;
    set("who", this.#names.of(speaker_id));
    set("text", text);
    set("tone", tone ? toneInWords(tone) : "");
    set("elcor", tone ? `${elcorPrefix(tone)} ` : "");
  }
}

/** A partial and the line that it becomes are one line. */
function keyOf({ seq, utterance_id, start_ms }) {
  return utterance_id ?? seq ?? `off the record ${start_ms}`;
}

function fillScreen({ key, ctrlKey, metaKey, altKey }) {
  if (key.toLowerCase() !== "f" || ctrlKey || metaKey || altKey) return;
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => {}); // the browser may refuse; captions go on
}

customElements.define("linnet-big", LinnetBig);
