// A note in the debrief: its words are changed where they stand.

import { SessionEdits } from "../lib/session_edits.js";
import { t } from "../lib/words.js";
import { partOf, wordsOfLine } from "./caption_line.js";
import { setText } from "./parts.js";
import { WordsEditor } from "./words_editor.js";

export class LinnetNote extends HTMLElement {
  #lifetime = null;
  #editor = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const form = partOf(this, "editor");
    if (!form) return; // somebody else's words
    form.hidden = form.noValidate = true;
    this.#editor ??= new WordsEditor(form);
    partOf(this, "cancel").hidden = partOf(this, "change").hidden = false;
    partOf(this, "change").addEventListener("click", () => this.#open(), { signal: this.#lifetime.signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  #open() {
    const { line } = this;
    const is_bookmark = line.dataset.kind === "bookmark";
    line.dataset.editing = "";
    partOf(this, "change").hidden = true;
    setText(partOf(this, "said"), "");
    this.#editor.open({
      words: is_bookmark ? "" : wordsOfLine(line),
      empty: t("Write a few words, or cancel and remove it."),
      put: () => {},
      keep: (words) => this.#keep(words),
      close: (is_here) => this.#close(is_here),
      say: (trouble) => setText(partOf(this, "said"), trouble),
    });
  }

  get line() {
    return this.closest(".line");
  }

  async #keep(words) {
    const token = partOf(this, "editor").elements.csrfmiddlewaretoken.value;
    await new SessionEdits(this.dataset.url, () => token).changeNote(Number(this.dataset.noteId), words);
    this.line.dataset.kind = "note";
    partOf(this.line, "text").textContent = words;
    setText(partOf(this, "said"), t("Note changed."));
  }

  #close(is_here) {
    delete this.line.dataset.editing;
    partOf(this, "change").hidden = false;
    if (is_here) partOf(this, "change").focus();
  }
}

customElements.define("linnet-note", LinnetNote);
