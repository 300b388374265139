// What a trusted viewer whispers to the owner: said at once, calmly, and until it was read.

import { noteInWords } from "../lib/note_book.js";
import { LiveElement } from "./live_element.js";
import { setText } from "./parts.js";

export class LinnetWhispers extends LiveElement {
  #waiting = []; // until the one that is shown was read

  wake(signal) {
    const { notes } = this.live;
    notes.addEventListener("change", ({ detail }) => this.#take(detail), { signal });
    this.its("heard").addEventListener("click", () => this.#next(), { signal });
  }

  /** Those that stood there before this page was opened are no news. */
  #take({ note, is_new }) {
    if (!is_new || !note.author) return;
    this.#waiting.push(note);
    if (this.its("heard").hidden) this.#next();
  }

  #next() {
    const note = this.#waiting.shift();
    const had_focus = this.matches(":focus-within");
    this.its("heard").hidden = !note;
    this.its("box").toggleAttribute("data-shown", Boolean(note));
    setText(this.its("words"), note ? noteInWords(note) : "");
    if (!note && had_focus) this.live.querySelector("linnet-line-tools").focusCurrent();
  }
}

customElements.define("linnet-whispers", LinnetWhispers);
