// The session's notes and bookmarks, in order of time. Only its owner's page is told of them.

import { t } from "./words.js";

/** A note in words: what was written, who whispered it, or that it is a bookmark. */
export function noteInWords({ text, author }) {
  if (author) return t("{author} whispers: {text}", { author, text: text || t("look here") });
  return text || t("Bookmark");
}

/**
 * Emits `change` with `{note, is_new}` for one that came or was changed, `{removed_id}` for one that went, and an empty
 * detail when all were replaced. A note is `{id, at_ms, text, author}`: without text it is a bookmark, and `author`
 * names the trusted viewer who whispered it.
 */
export class NoteBook extends EventTarget {
  #notes = new Map();

  get all() {
    return [...this.#notes.values()].sort((one, other) => one.at_ms - other.at_ms || one.id - other.id);
  }

  get size() {
    return this.#notes.size;
  }

  replace(notes = []) {
    this.#notes = new Map(notes.map((note) => [note.id, note]));
    this.#emit({});
  }

  /** Take a `note` message. */
  take({ id, at_ms, text, author, removed }) {
    if (removed) {
      if (this.#notes.delete(id)) this.#emit({ removed_id: id });
      return;
    }
    const note = { id, at_ms, text, author };
    const is_new = !this.#notes.has(id);
    this.#notes.set(id, note);
    this.#emit({ note, is_new });
  }

  #emit(detail) {
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}
