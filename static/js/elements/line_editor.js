// Correcting the words of a line where they stand. Enter saves, Escape cancels.

import { t } from "../lib/words.js";
import { NotChanged } from "../lib/session_edits.js";
import { partOf, wordsOfLine } from "./caption_line.js";
import { partsOf, setText } from "./parts.js";

export class LineEditor {
  #form;
  #part;
  #live;
  #backToLine;
  #line = null;
  #leave = null;

  /** `form` moves into the line that is corrected; `backToLine` gives the focus back. */
  constructor(form, live, backToLine) {
    this.#form = form;
    this.#part = partsOf(form);
    this.#live = live;
    this.#backToLine = backToLine;
    form.addEventListener("submit", (event) => void this.#save(event));
    form.addEventListener("keydown", (event) => this.#press(event));
    this.#part("cancel").addEventListener("click", () => this.#close());
  }

  /** `leave` is called when the line needs no more stillness. */
  open(line, leave) {
    if (this.#line) this.#close();
    this.#line = line;
    this.#leave = leave;
    this.#part("words").value = wordsOfLine(line);
    this.#complain("");
    line.dataset.editing = "";
    partOf(line, "text").closest("p").after(this.#form);
    this.#form.hidden = false;
    this.#part("words").focus();
    this.#form.scrollIntoView({ block: "nearest" });
  }

  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter" && event.target === this.#part("words")) this.#form.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #save(event) {
    event.preventDefault();
    const line = this.#line;
    const words = this.#part("words").value.trim();
    if (!words) return this.#complain(t("Write the words, or cancel and remove the line."));
    if (words === wordsOfLine(line)) return this.#close();
    try {
      await this.#live.edits.correctWords(Number(line.dataset.seq), words);
    } catch (error) {
      if (!(error instanceof NotChanged)) throw error;
      return this.#complain(error.message);
    }
    if (this.#line === line) this.#close();
    this.#live.say(this.#live.feed.isOpen ? t("Corrected.") : t("Corrected. It shows once this page is connected."));
  }

  #complain(words) {
    setText(this.#part("trouble"), words);
    this.#part("trouble").hidden = words === "";
  }

  #close() {
    if (!this.#line) return;
    delete this.#line.dataset.editing;
    this.#line = null;
    this.#form.hidden = true;
    this.#backToLine();
    this.#leave?.();
    this.#leave = null;
  }
}
