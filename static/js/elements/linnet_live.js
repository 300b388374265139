// The live page: owns the feed, the status board and the session's clock; the elements inside listen to them.

import { LOGIN_GONE, NO_SUCH_SESSION } from "../lib/close_codes.js";
import { EventFeed } from "../lib/event_feed.js";
import { SessionClock } from "../lib/session_clock.js";
import { StatusBoard } from "../lib/status.js";
import { socketUrl } from "./parts.js";

export class LinnetLive extends HTMLElement {
  board = new StatusBoard();
  clock = new SessionClock();
  feed = null;
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.feed = new EventFeed({
      url: socketUrl(this.dataset.livePath),
      after: Number(this.dataset.lastSeq),
      probe: () => this.#probe(),
    });
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
    on("bye", ({ code }) => this.board.update({ bye: code }));
    on("reset", () => location.reload());
    addEventListener("online", () => this.feed.hurry(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.feed.hurry(), { signal });
  }

  /** The state of the voice service, as either socket tells it. */
  serviceIs(status, detail = "") {
    if (status === "simulated") this.#showSimulated();
    this.board.update({ service: status === "simulated" ? "ready" : status, service_detail: detail });
  }

  #connectionIs(state) {
    const was_open = this.board.facts.feed !== "connecting";
    this.board.update({ feed: state === "connecting" && was_open ? "reconnecting" : state });
  }

  #begin(snapshot) {
    this.board.update({ session: snapshot.state });
    if (snapshot.simulated) this.#showSimulated();
  }

  #take(event) {
    this.clock.hear(event.end_ms, performance.now());
    if (event.simulated) this.#showSimulated();
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
