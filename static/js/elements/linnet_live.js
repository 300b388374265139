// The live page: owns what its elements share (the feed, the status board, the session's clock, names, notes, keys).

import { isShutOut, LOGIN_GONE, NO_SUCH_SESSION } from "../lib/close_codes.js";
import { EventFeed } from "../lib/event_feed.js";
import { takeLook } from "../lib/look.js";
import { NoteBook } from "../lib/note_book.js";
import { SessionClock } from "../lib/session_clock.js";
import { NotChanged, SessionEdits } from "../lib/session_edits.js";
import { Shortcuts } from "../lib/shortcuts.js";
import { SpeakerNames } from "../lib/speaker_names.js";
import { StatusBoard } from "../lib/status.js";
import { setText, socketUrl } from "./parts.js";

export class LinnetLive extends HTMLElement {
  board = new StatusBoard();
  clock = new SessionClock();
  names = new SpeakerNames();
  notes = new NoteBook();
  shortcuts = new Shortcuts();
  edits = null;
  feed = null;
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.feed = new EventFeed({
      url: socketUrl(this.dataset.livePath),
      after: Number(this.dataset.lastSeq),
      revision: Number(this.dataset.revision),
      probe: () => this.#probe(),
    });
    this.edits = new SessionEdits(this.dataset.url, () => this.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
    this.board.update({ session: this.dataset.state === "stopped" ? "stopped" : "running" });
    this.#listen(this.#lifetime.signal);
    this.feed.start();
  }

  disconnectedCallback() {
    this.#lifetime.abort();
    this.feed.stop();
  }

  #listen(signal) {
    const on = (type, listener) => this.feed.addEventListener(type, ({ detail }) => listener(detail), { signal });
    on("connection", ({ state }) => this.#connectionIs(state));
    on("snapshot", (snapshot) => this.#begin(snapshot));
    on("event", (event) => this.#take(event));
    on("partial", ({ end_ms }) => this.clock.hear(end_ms, performance.now()));
    on("state", ({ state }) => this.board.update({ session: state }));
    on("service", ({ status, detail }) => this.serviceIs(status, detail));
    on("flow", ({ lag_ms }) => this.board.update({ lag_ms }));
    on("presence", ({ microphone }) => this.board.update({ is_elsewhere: microphone }));
    on("look", (news) => takeLook(news));
    on("bye", ({ code }) => this.#endWith(code));
    on("reset", () => location.reload());
    on("speakers", ({ speakers }) => this.names.replace(speakers));
    on("note", (note) => this.notes.take(note));
    on("session", ({ title }) => this.#entitle(title));
    this.board.addEventListener("change", () => this.#noteEnd(), { signal });
    addEventListener("online", () => this.feed.hurry(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.feed.hurry(), { signal });
    document.addEventListener("keydown", (event) => this.shortcuts.press(event), { signal });
  }

  /** The state of the voice service, as either socket tells it. */
  serviceIs(status, detail = "") {
    if (status === "simulated") this.#showSimulated();
    this.board.update({ service: status === "simulated" ? "ready" : status, service_detail: detail });
  }

  /** Whether nothing new can come: the session has ended, or this page is shut out of it. */
  get is_over() {
    const { session, bye } = this.board.facts;
    return session === "stopped" || bye !== null;
  }

  /** This moment on the session's clock, null when no sound flows or nobody can tell. */
  get now_ms() {
    const { microphone, is_elsewhere } = this.board.facts;
    const flows = ["on", "reconnecting"].includes(microphone) || (microphone === "off" && is_elsewhere);
    const now_ms = performance.now();
    return flows && !this.clock.isStale(now_ms) ? this.clock.at(now_ms) : null;
  }

  /** Say something in passing; with `act`, a button called `label` that does it. */
  say(words, { label, act } = {}) {
    this.querySelector("linnet-notice").show(words, { label, act });
  }

  /** Wait for a change and say that it is made, or why not. Resolves with whether it was. */
  async change(promise, words = "", action = {}) {
    if (action.act) this.querySelector("linnet-notice").expect(action.act);
    try {
      await promise;
    } catch (error) {
      if (!(error instanceof NotChanged)) throw error;
      this.say(error.message);
      return false;
    }
    if (words) this.say(words, action);
    return true;
  }

  #connectionIs(state) {
    const was_open = this.board.facts.feed !== "connecting";
    this.board.update({ feed: state === "connecting" && was_open ? "reconnecting" : state });
  }

  #endWith(code) {
    this.board.update({ bye: code });
    if (!isShutOut(code)) return;
    const telling = "linnet-tone, linnet-line, linnet-whisper, .moment-actions, linnet-whispers, .other-views, .big-keys";
    for (const element of this.querySelectorAll(telling)) element.remove();
  }

  /** The style sheets hide what is of no use after the end. */
  #noteEnd() {
    this.toggleAttribute("data-over", this.is_over);
  }

  #begin(snapshot) {
    this.board.update({ session: snapshot.state });
    if (snapshot.simulated) this.#showSimulated();
    this.names.replace(snapshot.speakers);
    this.notes.replace(snapshot.notes);
    this.#entitle(snapshot.title);
  }

  #entitle(title) {
    const name = title || this.dataset.untitled; // which goes by the reader's clock
    const heading = this.querySelector("h1");
    if (heading) setText(heading, name);
    document.title = `${name} · Linnet`;
  }

  #take(event) {
    this.clock.hear(event.end_ms, performance.now());
    if (event.simulated) this.#showSimulated();
    if (event.event_type === "transcript") this.names.hear(event.speaker_id);
  }

  /** Once shown it stays: what was made up before is still on the page. */
  #showSimulated() {
    this.dataset.simulated = "";
  }

  async #probe() {
    const response = await fetch(this.dataset.url, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (response.status === 401 || response.type === "opaqueredirect") return LOGIN_GONE;
    return response.status === 404 ? NO_SUCH_SESSION : null;
  }
}

customElements.define("linnet-live", LinnetLive);
