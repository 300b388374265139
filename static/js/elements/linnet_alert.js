// "Somebody or a recording answered": above the captions, in the title, in the hand, and as the reader chose to be
// called. It goes by itself, but not while nobody looks or under somebody's hand.

import { AnswerAlert } from "../lib/answer_alert.js";
import { callOut } from "../lib/call_out.js";
import { readLook } from "../lib/look.js";
import { t } from "../lib/words.js";
import { LiveElement } from "./live_element.js";
import { every, setText } from "./parts.js";

const STEP_MS = 500;
const HEARD = new Set(["on", "muted", "paused", "reconnecting"]); // states of a microphone that is used

export class LinnetAlert extends LiveElement {
  #alert = new AnswerAlert();
  #was_heard = false; // whether there was a microphone when it was raised
  #title = null; // of the page, while the alert has taken its place

  wake(signal) {
    const { board, feed } = this.live;
    feed.addEventListener("alert", ({ detail }) => this.#raise(detail), { signal });
    feed.addEventListener("event", ({ detail }) => this.#alert.hear(detail) && this.#show(), { signal });
    board.addEventListener("change", () => this.#isPast() && this.#dismiss(), { signal });
    this.its("dismiss").addEventListener("click", () => this.#dismiss(), { signal });
    addEventListener("keydown", ({ key }) => key === "Escape" && this.#dismiss(), { signal });
    every(STEP_MS, () => this.#age(), signal);
    this.#makeRoom(signal);
    signal.addEventListener("abort", () => this.#dismiss(), { once: true });
  }

  /** Tell the style sheets how much of the window it takes, so that nothing else stands there. */
  #makeRoom(signal) {
    const box = this.#box;
    const note = () => document.documentElement.style.setProperty("--alert-block-size", `${box.offsetHeight}px`);
    const of_box = new ResizeObserver(note);
    of_box.observe(box);
    signal.addEventListener("abort", () => of_box.disconnect(), { once: true });
  }

  get #box() {
    return this.firstElementChild;
  }

  get #isHeard() {
    const { microphone, is_elsewhere } = this.live.board.facts;
    return HEARD.has(microphone) || is_elsewhere;
  }

  #raise(message) {
    if (this.live.is_over || !this.#alert.raise(message, this.live.clock.at(performance.now()))) return;
    this.#was_heard = this.#isHeard;
    this.#show();
    callOut(this.#alert.words, readLook());
  }

  /** Whether there is nobody left to talk to. */
  #isPast() {
    return this.live.is_over || (this.#was_heard && !this.#isHeard);
  }

  #age() {
    if (document.hidden || this.#box.matches(":hover, :focus-within")) return;
    if (this.#alert.age(STEP_MS)) this.#dismiss();
  }

  #show() {
    const { words, is_corrected } = this.#alert;
    this.dataset.raised = "";
    setText(this.its("words"), words);
    setText(this.its("dismiss"), is_corrected ? t("Close") : t("I am there"));
    this.#title ??= document.title;
    document.title = `${words} · ${this.#title}`;
  }

  #dismiss() {
    const had_focus = this.#box.matches(":focus-within");
    this.#alert.end();
    delete this.dataset.raised;
    setText(this.its("words"), "");
    if (this.#title !== null) document.title = this.#title;
    this.#title = null;
    if (had_focus) this.live?.querySelector("linnet-line-tools")?.focusCurrent();
  }
}

customElements.define("linnet-alert", LinnetAlert);
