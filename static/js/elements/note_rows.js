// The list of notes and bookmarks. A row stays the same element while its note is there: somebody may be writing in it.

import { noteInWords } from "../lib/note_book.js";
import { timecode } from "../lib/time_words.js";
import { partsOf, setText } from "./parts.js";

export class NoteRows {
  #list;
  #template;
  #rows = new Map(); // note id → <li>

  constructor(list, template) {
    this.#list = list;
    this.#template = template;
  }

  /** Show exactly these notes, in their order. */
  show(notes) {
    const ids = new Set(notes.map(({ id }) => id));
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#remove(id, row);
    notes.forEach((note, place) => {
      const row = this.#rows.get(note.id) ?? this.#begin(note);
      fill(row, note);
      if (this.#list.children[place] !== row) this.#list.insertBefore(row, this.#list.children[place] ?? null);
    });
  }

  #begin({ id }) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.noteId = id;
    this.#rows.set(id, row);
    return row;
  }

  #remove(id, row) {
    const had_focus = row.contains(document.activeElement);
    const next = row.nextElementSibling ?? row.previousElementSibling ?? this.#list.closest("dialog");
    this.#rows.delete(id);
    row.remove();
    if (had_focus) next.querySelector("button").focus();
  }
}

function fill(row, note) {
  const part = partsOf(row);
  setText(part("time"), timecode(note.at_ms));
  setText(part("words"), noteInWords(note));
  part("change").hidden = Boolean(note.author); // what somebody else whispered stays as it is
}
