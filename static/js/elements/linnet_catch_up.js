// Catching up: hold the captions still, or read the last minute in peace.

import { timecode } from "../lib/time_words.js";
import { t } from "../lib/words.js";
import { wordsOfLine, partOf } from "./caption_line.js";
import { closable } from "./dialogs.js";
import { partsOf, setText } from "./parts.js";

const LAST_MS = 60_000;

export class LinnetCatchUp extends HTMLElement {
  #lifetime = null;
  #part = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    const { place } = this.#captions;
    const { shortcuts } = this.#live;
    for (const type of ["hold", "go-on"]) place.addEventListener(type, () => this.#show(), { signal });
    this.#part("hold").addEventListener("click", () => this.#toggle(), { signal });
    this.#part("last").addEventListener("click", () => this.#open(), { signal });
    closable(this.#part("dialog"), signal);
    shortcuts.on("h", () => this.#toggle(), signal);
    shortcuts.on("l", () => this.#open(), signal);
    shortcuts.on("j", () => place.jump(), signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  get #live() {
    return this.closest("linnet-live");
  }

  get #captions() {
    return this.#live.querySelector("linnet-captions");
  }

  #toggle() {
    const { place } = this.#captions;
    if (place.is_held) place.jump();
    else place.hold();
  }

  #show() {
    const { is_held } = this.#captions.place;
    this.#part("hold").toggleAttribute("data-held", is_held);
    setText(this.#part("hold-words"), is_held ? t("Go on") : t("Hold"));
    this.#live.say(is_held ? t("Held.") : t("The captions go on."));
  }

  #open() {
    const now_ms = this.#live.clock.at(performance.now());
    const turns = turnsOf(this.#captions.linesSince(now_ms - LAST_MS));
    setText(this.#part("until"), t("Up to {time}. New captions do not appear here.", { time: timecode(now_ms) }));
    this.#part("lines").replaceChildren(...turns.map((turn) => this.#turn(turn)));
    this.#part("nothing").hidden = turns.length > 0;
    this.#part("dialog").showModal();
  }

  #turn({ name, words }) {
    const turn = this.#part("turn").content.firstElementChild.cloneNode(true);
    const part = partsOf(turn);
    part("who").textContent = name ? `${name}: ` : "";
    part("said").textContent = words.join(" ");
    return turn;
  }
}

/** What each said in one go: consecutive lines of one voice become one paragraph. */
function turnsOf(lines) {
  const turns = [];
  for (const line of lines) {
    const name = partOf(line, "speaker").textContent;
    const { kind } = line.dataset;
    const last = turns.at(-1);
    if (last && last.kind === kind && last.name === name) last.words.push(wordsOfLine(line));
    else turns.push({ kind, name, words: [wordsOfLine(line)] });
  }
  return turns;
}

customElements.define("linnet-catch-up", LinnetCatchUp);
