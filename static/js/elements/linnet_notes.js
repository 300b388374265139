// Bookmarks and notes: kept by one key, shown at their moment in the captions, and in one list that leads there.

import { timecode } from "../lib/time_words.js";
import { t } from "../lib/words.js";
import { closable } from "./dialogs.js";
import { LiveElement } from "./live_element.js";
import { NoteEditor } from "./note_editor.js";
import { NoteMarks } from "./note_marks.js";
import { NoteRows } from "./note_rows.js";
import { setText } from "./parts.js";

export class LinnetNotes extends LiveElement {
  #editor = null;
  #marks = null;
  #rows = null;
  #moment_ms = null; // of the note that is being written; null is now

  wake(signal) {
    const captions = this.live.querySelector("linnet-captions");
    this.#editor = new NoteEditor(this.its("editor"), this.live);
    this.#marks = new NoteMarks(captions, this.its("mark"));
    this.#rows = new NoteRows(this.its("list"), this.its("row"));
    captions.addEventListener("line", () => this.#marks.settle(), { signal });
    this.live.notes.addEventListener("change", () => this.#show(), { signal });
    this.#listen(signal);
    this.#show();
  }

  /** Whether a note of the owner's own stands under `line`. */
  isChangeableIn(line) {
    return ownMarkIn(line) !== null;
  }

  /** Change the note under `line`, of several the latest; `leave` is called when the line needs no more stillness. */
  changeIn(line, leave) {
    const mark = ownMarkIn(line);
    this.#editor.openUnder(mark, this.#noteOf(mark), leave);
  }

  #listen(signal) {
    const on = (name, type, listener) => this.its(name).addEventListener(type, listener, { signal });
    on("bookmark", "click", () => void this.#bookmark());
    on("open", "click", () => this.#open());
    on("form", "submit", (event) => void this.#write(event));
    on("text", "keydown", (event) => this.#press(event));
    on("list", "click", (event) => void this.#click(event));
    on("dialog", "close", () => this.#editor.isIn(this.its("dialog")) && this.#editor.close());
    closable(this.its("dialog"), signal);
    const { shortcuts } = this.live;
    shortcuts.on("b", () => void this.#bookmark(), signal);
    shortcuts.on("n", () => this.#open(), signal);
  }

  async #bookmark() {
    if (this.live.is_over) return;
    const at_ms = this.live.now_ms;
    const words = at_ms === null ? t("Bookmarked.") : t("Bookmarked {time}.", { time: timecode(at_ms) });
    await this.live.change(this.live.edits.addNote(at_ms), words);
  }

  #open() {
    this.#moment_ms = this.live.now_ms;
    const time = this.#moment_ms === null ? t("now") : timecode(this.#moment_ms);
    setText(this.its("moment"), t("Note on this moment ({time})", { time }));
    setText(this.its("trouble"), "");
    this.its("dialog").showModal();
    this.its("text").focus();
  }

  #press(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    this.its("form").requestSubmit();
  }

  async #write(event) {
    event.preventDefault();
    const text = this.its("text").value.trim();
    if (!text) return setText(this.its("trouble"), t("Write a few words first."));
    const is_kept = await this.live.change(this.live.edits.addNote(this.#moment_ms, text));
    if (!is_kept) return setText(this.its("trouble"), t("The note was not kept. Try again in a moment."));
    this.its("text").value = "";
    this.its("dialog").close();
    this.live.say(t("Note kept."));
  }

  async #click({ target }) {
    const act = target.closest("[data-act]")?.dataset.act;
    const row = target.closest("[data-note-id]");
    const note = act && this.#noteOf(row);
    if (!note) return;
    if (act === "go") this.#goTo(note);
    else if (act === "change") this.#editor.openInRow(row, note);
    else if (act === "remove") await this.#remove(note);
  }

  #noteOf({ dataset }) {
    return this.live.notes.all.find(({ id }) => id === Number(dataset.noteId));
  }

  #goTo(note) {
    const captions = this.live.querySelector("linnet-captions");
    const line = captions.lineAt(note.at_ms);
    this.its("dialog").close();
    if (!line) return;
    captions.place.goTo(line);
    line.tabIndex = 0;
    line.focus({ preventScroll: true });
  }

  async #remove({ id, at_ms, text, author }) {
    const words = text ? t("Note removed.") : t("Bookmark removed.");
    const bringBack = () => void this.live.change(this.live.edits.addNote(at_ms, text), t("It is back."));
    const undo = author ? {} : { label: t("Undo"), act: bringBack };
    await this.live.change(this.live.edits.removeNote(id), words, undo);
  }

  #show() {
    const { all } = this.live.notes;
    this.#marks.show(all);
    this.#rows.show(all);
    this.its("none").hidden = all.length > 0;
    setText(this.its("count"), all.length ? String(all.length) : "");
  }
}

function ownMarkIn(line) {
  return [...line.querySelectorAll(".line__mark:not([data-whispered])")].at(-1) ?? null;
}

customElements.define("linnet-notes", LinnetNotes);
