// Catching up: hold the captions still, or read the last minute in peace.

import { timecode } from "../lib/time_words.js";
import { t } from "../lib/words.js";
import { wordsOfLine, partOf } from "./caption_line.js";
import { closable } from "./dialogs.js";
import { LiveElement } from "./live_element.js";
import { partsOf, setText } from "./parts.js";

const LAST_MS = 60_000;

export class LinnetCatchUp extends LiveElement {

  wake(signal) {
    const { place } = this.#captions;
    const { shortcuts } = this.live;
    for (const type of ["hold", "go-on"]) place.addEventListener(type, () => this.#show(), { signal });
    this.its("hold").addEventListener("click", () => this.#toggle(), { signal });
    this.its("last").addEventListener("click", () => this.#open(), { signal });
    closable(this.its("dialog"), signal);
    shortcuts.on("h", () => this.#toggle(), signal);
    shortcuts.on("l", () => this.#open(), signal);
    shortcuts.on("j", () => place.jump(), signal);
  }

  get #captions() {
    return this.live.querySelector("linnet-captions");
  }

  #toggle() {
    const { place } = this.#captions;
    if (place.is_held) place.jump();
    else if (!this.live.is_over) place.hold();
  }

  #show() {
    const { is_held } = this.#captions.place;
    this.its("hold").toggleAttribute("data-held", is_held);
    setText(this.its("hold-words"), is_held ? t("Go on") : t("Hold"));
    this.live.say(is_held ? t("Held.") : t("The captions go on."));
  }

  #open() {
    const now_ms = this.live.clock.at(performance.now());
    const turns = turnsOf(this.#captions.linesSince(now_ms - LAST_MS));
    setText(this.its("until"), t("Up to {time}. New captions do not appear here.", { time: timecode(now_ms) }));
    this.its("lines").replaceChildren(...turns.map((turn) => this.#turn(turn)));
    this.its("nothing").hidden = turns.length > 0;
    this.its("dialog").showModal();
  }

  #turn({ name, words }) {
    const turn = this.its("turn").content.firstElementChild.cloneNode(true);
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
