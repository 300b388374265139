// What an owner changes in a session, as requests. The page shows a change when the live feed tells of it, as every
// other view does; the answer here only says that it was taken.

import { t } from "./words.js";

/** Instead of a voice: one that the session does not have yet. */
export const SOMEBODY_ELSE = "new";

/** A change that was not made; `message` says why, and what to do. */
export class NotChanged extends Error {}

export class SessionEdits {
  #url;
  #token;
  #fetch;

  /** `url`: the session's address. `token`: a function that returns the page's CSRF token. */
  constructor(url, token, fetch = globalThis.fetch.bind(globalThis)) {
    this.#url = url;
    this.#token = token;
    this.#fetch = fetch;
  }

  correctWords(seq, text) {
    return this.#post(`lines/${seq}/words/`, { text });
  }

  giveToSpeaker(seq, speaker) {
    return this.#post(`lines/${seq}/speaker/`, { speaker });
  }

  /** Resolves with what takes the removal back for some minutes. */
  async removeLine(seq) {
    return (await this.#post(`lines/${seq}/remove/`)).undo;
  }

  /** Make a removed line what it was; `undo` is what its removal resolved with. */
  putLineBack(seq, undo) {
    return this.#post(`lines/${seq}/remove/`, { undo });
  }

  /** An empty name gives the voice its mark back, and parts it from another. */
  nameSpeaker(speaker, name) {
    return this.#post("speakers/name/", { speaker, name });
  }

  mergeSpeakers(speaker, same_as) {
    return this.#post("speakers/merge/", { speaker, same_as });
  }

  /** Without text it is a bookmark; `at_ms` null is now, as the server knows it. */
  addNote(at_ms, text = "") {
    return this.#post("notes/", { text, ...(at_ms === null ? {} : { at_ms: Math.round(at_ms) }) });
  }

  changeNote(id, text) {
    return this.#post(`notes/${id}/`, { text });
  }

  removeNote(id) {
    return this.#post(`notes/${id}/remove/`);
  }

  goOffRecord() {
    return this.#post("off-record/", { off: "1" });
  }

  goOnRecord(at_ms) {
    return this.#post("off-record/", { off: "0", ...(at_ms === null ? {} : { at_ms: Math.round(at_ms) }) });
  }

  /** Resolves with the answer, `{revision}` and more. Rejects with `NotChanged`. */
  async #post(path, fields = {}) {
    const response = await this.#send(path, new URLSearchParams(fields));
    if (response.ok) return response.json();
    throw new NotChanged(await whyNot(response));
  }

  async #send(path, body) {
    const headers = { Accept: "application/json", "X-CSRFToken": this.#token() };
    try {
      return await this.#fetch(`${this.#url}${path}`, { method: "POST", headers, body, redirect: "error" });
    } catch {
      throw new NotChanged(t("Linnet cannot be reached, so nothing was changed. Try again in a moment."));
    }
  }
}

async function whyNot(response) {
  if (response.status === 400) {
    const answer = await response.json().catch(() => ({}));
    return answer.message || t("Linnet did not take that. Check what you wrote.");
  }
  if (response.status === 401) return t("You are logged out. Log in again to change this.");
  if (response.status === 403) return t("This page is too old to change anything. Reload it and try again.");
  if (response.status === 404) return t("That is not there any more.");
  return t("Something went wrong at Linnet's end, and nothing was changed. Try again in a moment.");
}
