// Correcting the words of a line where they stand.

import { t } from "../lib/words.js";
import { partOf, wordsOfLine } from "./caption_line.js";
import { WordsEditor } from "./words_editor.js";

export class LineEditor {
  #editor;
  #live;
  #backToLine;

  /** `form` moves into the line that is corrected; `backToLine` gives the focus back. */
  constructor(form, live, backToLine) {
    this.#editor = new WordsEditor(form);
    this.#live = live;
    this.#backToLine = backToLine;
  }

  /** `leave` is called when the line needs no more stillness. */
  open(line, leave) {
    this.#editor.open({
      words: wordsOfLine(line),
      empty: t("Write the words, or cancel and remove the line."),
      put: (form) => this.#put(form, line),
      keep: (words) => this.#keep(line, words),
      close: (is_here) => this.#close(line, leave, is_here),
      say: (trouble) => this.#live.say(trouble),
    });
  }

  /** The words of `line` changed: the news may be here before the answer. */
  revised(line) {
    if (this.#editor.isIn(line)) this.#editor.shown(wordsOfLine(line));
  }

  #put(form, line) {
    line.dataset.editing = "";
    partOf(line, "text").closest("p").after(form);
  }

  async #keep(line, words) {
    await this.#live.edits.correctWords(Number(line.dataset.seq), words);
    this.#live.say(this.#live.feed.isOpen ? t("Corrected.") : t("Corrected. It shows once this page is connected."));
  }

  #close(line, leave, is_here) {
    delete line.dataset.editing;
    if (is_here) this.#backToLine();
    leave();
  }
}
