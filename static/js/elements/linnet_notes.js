// Bookmarks and notes: kept by one key, shown at their moment in the captions, and in one list that leads there.

import { noteInWords } from "../lib/note_book.js";
import { timecode } from "../lib/time_words.js";
import { t } from "../lib/words.js";
import { closable } from "./dialogs.js";
import { NoteMarks } from "./note_marks.js";
import { partsOf, setText } from "./parts.js";

export class LinnetNotes extends HTMLElement {
  #lifetime = null;
  #part = null;
  #marks = null;
  #moment_ms = null; // of the note that is being written; null is now

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    const live = this.#live;
    const captions = live.querySelector("linnet-captions");
    this.#marks = new NoteMarks(captions, this.#part("mark"));
    captions.addEventListener("line", () => this.#marks.settle(), { signal });
    live.notes.addEventListener("change", () => this.#show(), { signal });
    this.#listen(signal);
    this.#show();
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  get #live() {
    return this.closest("linnet-live");
  }

  #listen(signal) {
    const on = (name, type, listener) => this.#part(name).addEventListener(type, listener, { signal });
    on("bookmark", "click", () => void this.#bookmark());
    on("open", "click", () => this.#open());
    on("form", "submit", (event) => void this.#write(event));
    on("text", "keydown", (event) => this.#press(event));
    on("list", "click", (event) => void this.#click(event));
    closable(this.#part("dialog"), signal);
    const { shortcuts } = this.#live;
    shortcuts.on("b", () => void this.#bookmark(), signal);
    shortcuts.on("n", () => this.#open(), signal);
  }

  async #bookmark() {
    const at_ms = this.#live.now_ms;
    const words = at_ms === null ? t("Bookmarked.") : t("Bookmarked {time}.", { time: timecode(at_ms) });
    await this.#live.change(this.#live.edits.addNote(at_ms), words);
  }

  #open() {
    this.#moment_ms = this.#live.now_ms;
    const time = this.#moment_ms === null ? t("now") : timecode(this.#moment_ms);
    setText(this.#part("moment"), t("Note on this moment ({time})", { time }));
    setText(this.#part("trouble"), "");
    this.#part("dialog").showModal();
    this.#part("text").focus();
  }

  #press(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    this.#part("form").requestSubmit();
  }

  async #write(event) {
    event.preventDefault();
    const text = this.#part("text").value.trim();
    if (!text) return setText(this.#part("trouble"), t("Write a few words first."));
    const has_worked = await this.#live.change(this.#live.edits.addNote(this.#moment_ms, text), t("Note kept."));
    if (!has_worked) return setText(this.#part("trouble"), t("The note was not kept. Try again in a moment."));
    this.#part("text").value = "";
    this.#part("dialog").close();
  }

  async #click({ target }) {
    const id = Number(target.closest("[data-note-id]")?.dataset.noteId);
    const note = this.#live.notes.all.find((each) => each.id === id);
    if (!note) return;
    if (target.closest("[data-act=go]")) this.#goTo(note);
    else if (target.closest("[data-act=remove]")) await this.#remove(note);
  }

  #goTo(note) {
    const captions = this.#live.querySelector("linnet-captions");
    const line = captions.lineAt(note.at_ms);
    this.#part("dialog").close();
    if (!line) return;
    captions.place.goTo(line);
    line.tabIndex = 0;
    line.focus({ preventScroll: true });
  }

  async #remove({ id, at_ms, text, author }) {
    const words = text ? t("Note removed.") : t("Bookmark removed.");
    const bringBack = () => void this.#live.change(this.#live.edits.addNote(at_ms, text), t("It is back."));
    const undo = author ? {} : { label: t("Undo"), act: bringBack };
    await this.#live.change(this.#live.edits.removeNote(id), words, undo);
  }

  #show() {
    const { all } = this.#live.notes;
    this.#marks.show(all);
    this.#part("list").replaceChildren(...all.map((each) => this.#row(each)));
    this.#part("none").hidden = all.length > 0;
    setText(this.#part("count"), all.length ? String(all.length) : "");
  }

  #row(note) {
    const row = this.#part("row").content.firstElementChild.cloneNode(true);
    const part = partsOf(row);
    row.dataset.noteId = note.id;
    part("time").textContent = timecode(note.at_ms);
    part("words").textContent = noteInWords(note);
    return row;
  }
}

customElements.define("linnet-notes", LinnetNotes);
