// Changing words where they stand: one field in which Enter keeps and Escape gives up. No words are refused, in words.

import { NotChanged } from "../lib/session_edits.js";
import { partsOf, setText } from "./parts.js";

export class WordsEditor {
  #form;
  #part;
  #task = null;
  #is_keeping = false;
  #kept = ""; // the words that are on their way

  /** `form` has the parts `words` (the field), `trouble` and `cancel`, and is hidden as long as nothing is changed. */
  constructor(form) {
    this.#form = form;
    this.#part = partsOf(form);
    form.addEventListener("submit", (event) => void this.#keep(event));
    form.addEventListener("keydown", (event) => this.#press(event));
    this.#part("cancel").addEventListener("click", () => this.close());
  }

  /**
   * Begin with `words`; what was begun before is given up. `put(form)` gives the form its place, `keep(words)` resolves
   * once they are kept or rejects with `NotChanged`, `close()` is called when the form is gone, `empty` is said to
   * whoever would keep no words.
   */
  open(task) {
    this.close();
    this.#task = task;
    this.#part("words").value = task.words;
    this.#complain("");
    task.put(this.#form);
    this.#form.hidden = false;
    this.#part("words").focus();
    this.#part("words").setSelectionRange(task.words.length, task.words.length); // some browsers begin at the beginning
    this.#form.scrollIntoView({ block: "nearest" });
  }

  /** Whether the form stands in `element`. */
  isIn(element) {
    return this.#task !== null && element.contains(this.#form);
  }

  /** `words` are shown where the form stands: when they are those that are on their way, they have arrived. */
  shown(words) {
    if (this.#is_keeping && words === this.#kept) this.close();
  }

  close() {
    if (!this.#task) return;
    const { close } = this.#task;
    this.#task = null;
    this.#form.hidden = true;
    close();
  }

  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target === this.#part("words")) this.#form.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #keep(event) {
    event.preventDefault();
    const task = this.#task;
    const words = this.#part("words").value.trim();
    if (this.#is_keeping) return;
    if (!words) return this.#complain(task.empty);
    if (words === task.words) return this.close();
    this.#kept = words;
    const trouble = await this.#sent(task.keep(words));
    if (this.#task !== task) return;
    if (trouble) this.#complain(trouble);
    else this.close();
  }

  /** Wait for a change; resolves with why it was not made, or "". */
  async #sent(change) {
    this.#is_keeping = true;
    try {
      await change;
      return "";
    } catch (error) {
      if (!(error instanceof NotChanged)) throw error;
      return error.message;
    } finally {
      this.#is_keeping = false;
    }
  }

  #complain(words) {
    setText(this.#part("trouble"), words);
    this.#part("trouble").hidden = words === "";
  }
}
