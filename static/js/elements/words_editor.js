// Changing words where they stand: one field in which Enter keeps and Escape gives up. No words are refused, in words.

import { NotChanged } from "../lib/session_edits.js";
import { partsOf, setText } from "./parts.js";

export class WordsEditor {
  #form;
  #part;
  #task = null;

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
   * once they are kept or rejects with `NotChanged`, `close(is_here)` is called when the form is gone, with whether the
   * focus was still in it, `empty` is said to whoever would keep no words, and `say(trouble)` is called when they are not
   * kept and something else was begun meanwhile.
   */
  open(task) {
    this.close();
    this.#task = { ...task, on_its_way: "" };
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
    if (words && this.#task?.on_its_way === words) this.close();
  }

  close() {
    if (!this.#task) return;
    const { close } = this.#task;
    const is_here = this.#form.matches(":focus-within") || document.activeElement === document.body;
    this.#task = null;
    this.#form.hidden = true;
    close(is_here);
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
    if (task.on_its_way) return;
    if (!words) return this.#complain(task.empty);
    if (words === task.words) return this.close();
    task.on_its_way = words;
    const trouble = await whyNot(task.keep(words)).finally(() => (task.on_its_way = ""));
    if (this.#task === task) return trouble ? this.#complain(trouble) : this.close();
    if (trouble) task.say(trouble);
  }

  #complain(words) {
    setText(this.#part("trouble"), words);
    this.#part("trouble").hidden = words === "";
  }
}

/** Wait for a change; resolves with why it was not made, or "". */
async function whyNot(change) {
  try {
    await change;
    return "";
  } catch (error) {
    if (!(error instanceof NotChanged)) throw error;
    return error.message;
  }
}
