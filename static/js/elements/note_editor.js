// Changing the words of a note where they stand: in the list, or under the line in which its moment lies.

import { t } from "../lib/words.js";
import { WordsEditor } from "./words_editor.js";

export class NoteEditor {
  #editor;
  #live;

  constructor(form, live) {
    this.#editor = new WordsEditor(form);
    this.#live = live;
  }

  isIn(element) {
    return this.#editor.isIn(element);
  }

  close() {
    this.#editor.close();
  }

  openInRow(row, note) {
    const back = row.querySelector("[data-act=change]");
    row.dataset.editing = "";
    this.#open(note, (form) => row.append(form), (is_here) => {
      delete row.dataset.editing;
      if (is_here) back.focus();
    });
  }

  /** `leave` is called when the line needs no more stillness. */
  openUnder(mark, note, leave) {
    const line = mark.closest(".line");
    line.dataset.editing = "note";
    mark.hidden = true;
    this.#open(note, (form) => mark.after(form), (is_here) => {
      delete line.dataset.editing;
      mark.hidden = false;
      if (is_here) line.focus();
      leave();
    });
  }

  #open({ id, text }, put, close) {
    this.#editor.open({
      words: text,
      empty: t("Write a few words, or cancel and remove it."),
      put,
      close,
      say: (trouble) => this.#live.say(trouble),
      keep: async (words) => {
        await this.#live.edits.changeNote(id, words);
        this.#live.say(t("Note changed."));
      },
    });
  }
}
