// Notes and bookmarks in the captions: each stands under the line in which its moment lies.

import { noteInWords } from "../lib/note_book.js";
import { partsOf, setText } from "./parts.js";

export class NoteMarks {
  #captions;
  #template;
  #marks = new Map(); // note id → {mark, at_ms}
  #unsettled = new Set(); // ids whose line may still come

  constructor(captions, template) {
    this.#captions = captions;
    this.#template = template;
  }

  /** Show exactly these notes. */
  show(notes) {
    const ids = new Set(notes.map(({ id }) => id));
    for (const id of [...this.#marks.keys()]) if (!ids.has(id)) this.#remove(id);
    for (const note of notes) this.#put(note);
  }

  /** A line came: it may be the one that a note was waiting for. */
  settle() {
    for (const id of [...this.#unsettled]) this.#place(id);
  }

  #put({ id, at_ms, text, author }) {
    const is_new = !this.#marks.has(id);
    const mark = is_new ? this.#template.content.firstElementChild.cloneNode(true) : this.#marks.get(id).mark;
    mark.dataset.noteKind = text ? "note" : "bookmark";
    mark.dataset.noteId = id;
    mark.toggleAttribute("data-whispered", Boolean(author));
    setText(partsOf(mark)("words"), noteInWords({ text, author }));
    this.#marks.set(id, { mark, at_ms });
    if (is_new) this.#place(id);
  }

  #place(id) {
    const { mark, at_ms } = this.#marks.get(id);
    const line = this.#captions.lineAt(at_ms);
    if (line && mark.parentElement !== line) line.append(mark);
    if (this.#captions.isPast(at_ms)) this.#unsettled.delete(id);
    else this.#unsettled.add(id);
  }

  #remove(id) {
    this.#marks.get(id).mark.remove();
    this.#marks.delete(id);
    this.#unsettled.delete(id);
  }
}
