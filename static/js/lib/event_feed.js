// The live feed of one session: owns the cursor, heals holes, comes back after a lost connection.

import { Backoff } from "./backoff.js";
import { ABNORMAL, isPassing } from "./close_codes.js";

const PING_EVERY_MS = 15_000;
const SILENCE_LIMIT_MS = 35_000; // two pings unanswered and a bit: the connection is gone
const REPLAY_PATIENCE_MS = 3_000;
const HELD_LIMIT = 2_000; // events kept while a hole is open; beyond it a fresh connection is cheaper
const PROBE_AFTER_ATTEMPTS = 2;
const CHANGES = new Set(["revised", "speakers", "session", "note"]);

/**
 * Emits `snapshot`, `event`, `partial`, `revised`, `speakers`, `session`, `note`, `state`, `service`, `flow`,
 * `presence`, `alert`, `error` with the message as `detail` (`event`: the event itself, each seq once and in order),
 * `connection` with `{state, delay_ms}`, `reset` when the server's log is shorter than the cursor,
 * and `bye` with `{code, reason}` when it will not come back by itself.
 */
export class EventFeed extends EventTarget {
  #url;
  #WebSocket;
  #probe;
  #backoff;
  #cursor;
  #revision; // the last change of lines, names and notes that was told; null before the first snapshot
  #catch_up_to = 0; // up to this seq the server has told all it has: a jump is not a hole
  #held = new Map();
  #socket = null;
  #wires = null; // AbortController of the present socket's listeners
  #timers = new Map();
  #farewell = "";
  #is_stopped = true;

  /** `probe`: async, asked after failed attempts; answers a close code when coming back is pointless. */
  constructor({ url, after = 0, revision = null, WebSocket = globalThis.WebSocket, random = Math.random, probe = null }) {
    super();
    this.#url = url;
    this.#cursor = after;
    this.#revision = revision;
    this.#WebSocket = WebSocket;
    this.#probe = probe;
    this.#backoff = new Backoff(random);
  }

  get cursor() {
    return this.#cursor;
  }

  get isOpen() {
    return this.#socket?.readyState === 1;
  }

  start() {
    if (!this.#is_stopped) return;
    this.#is_stopped = false;
    this.#connect();
  }

  stop() {
    this.#is_stopped = true;
    this.#clearTimers();
    this.#letGo();
  }

  /** Come back at once instead of waiting out the back-off (the device is online again). */
  hurry() {
    if (this.#is_stopped || this.#socket) return;
    this.#connect();
  }

  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #connect() {
    this.#clearTimers();
    this.#letGo();
    this.#held.clear();
    this.#farewell = "";
    const url = new URL(this.#url);
    url.searchParams.set("after", String(this.#cursor));
    if (this.#revision !== null) url.searchParams.set("revision", String(this.#revision));
    const socket = new this.#WebSocket(url.href);
    this.#wires = new AbortController();
    const { signal } = this.#wires;
    socket.addEventListener("open", () => this.#heardSomething(), { signal });
    socket.addEventListener("message", ({ data }) => this.#receive(data), { signal });
    socket.addEventListener("close", ({ code }) => this.#lost(code), { signal });
    this.#socket = socket;
    this.#emit("connection", { state: "connecting" });
    this.#heardSomething();
    this.#repeat("ping", PING_EVERY_MS, () => this.send({ type: "ping" }));
  }

  #letGo() {
    this.#wires?.abort();
    this.#wires = null;
    this.#socket?.close();
    this.#socket = null;
  }

  #heardSomething() {
    this.#after("silence", SILENCE_LIMIT_MS, () => this.#lost(ABNORMAL));
  }

  #lost(code) {
    this.#clearTimers();
    this.#letGo();
    if (this.#is_stopped) return;
    if (!isPassing(code)) this.#giveUp(code);
    else if (this.#probe && this.#backoff.attempts >= PROBE_AFTER_ATTEMPTS) void this.#probeThenRetry();
    else this.#retry();
  }

  /** A refused handshake and a dead network look alike (1006); an ordinary request tells them apart. */
  async #probeThenRetry() {
    this.#retry();
    const verdict = await this.#probe().catch(() => null);
    if (verdict && !this.isOpen && !this.#is_stopped) this.#giveUp(verdict);
  }

  #retry() {
    const delay_ms = this.#backoff.next_ms();
    this.#emit("connection", { state: "reconnecting", delay_ms });
    this.#after("retry", delay_ms, () => this.#connect());
  }

  #giveUp(code) {
    const reason = this.#farewell;
    this.stop();
    this.#emit("connection", { state: "closed" });
    this.#emit("bye", { code, reason });
  }

  #receive(text) {
    this.#heardSomething();
    const message = JSON.parse(text);
    if (message.type === "event") this.#take(message.event);
    else if (message.type === "snapshot") this.#begin(message);
    else if (CHANGES.has(message.type)) this.#change(message);
    else if (message.type === "bye") this.#farewell = message.reason ?? "";
    else if (message.type === "state" && this.#cursor < this.#catch_up_to) return; // history, not news
    else if (message.type !== "pong") this.#emit(message.type, message);
  }

  #begin(snapshot) {
    this.#backoff.reset();
    if (snapshot.last_seq < this.#cursor) {
      this.stop();
      this.#emit("reset", snapshot);
      return;
    }
    this.#catch_up_to = snapshot.last_seq;
    this.#revision ??= snapshot.revision ?? null;
    this.#emit("connection", { state: "open" });
    this.#emit("snapshot", snapshot);
  }

  /** A line that still waits behind a hole is changed where it waits. */
  #change(message) {
    if (this.#held.has(message.seq)) this.#held.set(message.seq, message.event);
    this.#revision = Math.max(this.#revision ?? 0, message.revision ?? 0);
    this.#emit(message.type, message);
  }

  #take(event) {
    if (event.seq === null) {
      this.#emit("event", event); // off the record: has no place in the numbering
    } else if (event.seq <= this.#cursor) {
      return;
    } else if (event.seq === this.#cursor + 1 || event.seq <= this.#catch_up_to) {
      this.#deliver(event);
      this.#deliverHeld();
    } else if (this.#held.has(event.seq)) {
      this.#deliverUpTo(event.seq);
      this.#deliverHeld();
    } else {
      this.#hold(event);
    }
  }

  #deliver(event) {
    this.#cursor = event.seq;
    this.#emit("event", event);
  }

  /** `seq` came twice: the replay went past the hole, so what is not here by now was deleted. */
  #deliverUpTo(seq) {
    const due = [...this.#held.keys()].filter((held) => held <= seq).sort((a, b) => a - b);
    for (const next of due) {
      this.#deliver(this.#held.get(next));
      this.#held.delete(next);
    }
  }

  #deliverHeld() {
    while (this.#held.has(this.#cursor + 1)) {
      const next = this.#held.get(this.#cursor + 1);
      this.#held.delete(next.seq);
      this.#deliver(next);
    }
    if (this.#held.size === 0) this.#cancel("hole");
  }

  #hold(event) {
    const is_new_hole = this.#held.size === 0;
    this.#held.set(event.seq, event);
    if (this.#held.size > HELD_LIMIT) this.#connect();
    if (!is_new_hole) return;
    this.send({ type: "replay", after: this.#cursor });
    // A fresh connection also ends a hole that nothing can fill: its snapshot says what there is.
    this.#after("hole", REPLAY_PATIENCE_MS, () => this.#connect());
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #after(name, delay_ms, action) {
    this.#cancel(name);
    this.#timers.set(name, setTimeout(action, delay_ms));
  }

  #repeat(name, every_ms, action) {
    this.#after(name, every_ms, () => {
      action();
      this.#repeat(name, every_ms, action);
    });
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #clearTimers() {
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
  }
}
