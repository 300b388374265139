// What a trusted viewer whispers to the owner: said at once, calmly, and until it was read.

import { noteInWords } from "../lib/note_book.js";
import { partsOf, setText } from "./parts.js";

export class LinnetWhispers extends HTMLElement {
  #lifetime = null;
  #part = null;
  #waiting = []; // until the one that is shown was read

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    const { notes } = this.closest("linnet-live");
    notes.addEventListener("change", ({ detail }) => this.#take(detail), { signal });
    this.#part("heard").addEventListener("click", () => this.#next(), { signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  /** Those that stood there before this page was opened are no news. */
  #take({ note, is_new }) {
    if (!is_new || !note.author) return;
    this.#waiting.push(note);
    if (this.#part("heard").hidden) this.#next();
  }

  #next() {
    const note = this.#waiting.shift();
    const had_focus = this.matches(":focus-within");
    this.#part("heard").hidden = !note;
    this.#part("box").toggleAttribute("data-shown", Boolean(note));
    setText(this.#part("words"), note ? noteInWords(note) : "");
    if (!note && had_focus) this.closest("linnet-live").querySelector("linnet-line-tools").focusCurrent();
  }
}

customElements.define("linnet-whispers", LinnetWhispers);
