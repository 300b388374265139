// The microphone socket: sends sound by the session's sample clock and resumes where the server stopped.

import { AudioRing } from "./audio_ring.js";
import { Backoff } from "./backoff.js";
import { ABNORMAL, DONE, isPassing } from "./close_codes.js";

export const SAMPLE_RATE_HZ = 16_000;
const RING_S = 30; // an utterance is cut after 18 s, so this always holds what is not settled yet
const AHEAD_S = 10; // between sent and heard, when sending faster than real time
const BUFFERED_LIMIT_BYTES = 256 * 1024; // 8 s of sound waiting in the browser: the line is too slow
const KEEPALIVE_EVERY_MS = 10_000;
const FIRST_SILENCE_LIMIT_MS = 20_000; // no word from the server while sound is being sent
const LONGEST_SILENCE_LIMIT_MS = 80_000;
const DRAIN_EVERY_MS = 50;
const FAREWELL_LIMIT_MS = 15_000;

/**
 * Emits `connection` with `{state, delay_ms}`, `ready`, `ack`, `flow`, `service`, `error` with the message,
 * `lost` with `{samples}` for sound nobody will hear, and `bye` with `{code, reason}` when it is over.
 */
export class MicrophoneLink extends EventTarget {
  #url;
  #WebSocket;
  #configuration;
  #backoff;
  #ring = new AudioRing(RING_S * SAMPLE_RATE_HZ);
  #socket = null;
  #wires = null;
  #timers = new Map();
  #is_ready = false;
  #was_ready_before = false;
  #is_muted = false;
  #has_told_muted = false;
  #is_over = false;
  #is_saying_farewell = false;
  #next_to_send = 0;
  #heard_sample = 0;
  #window_samples = SAMPLE_RATE_HZ;
  #silence_limit_ms = FIRST_SILENCE_LIMIT_MS;
  #retry_after_ms = 0;
  #farewell = "";
  #summary = withResolvers();
  #finalized = null;

  /** `configuration`: what `configure` says, without `type`; `take_over` is added on reconnects. */
  constructor({ url, configuration = {}, WebSocket = globalThis.WebSocket, random = Math.random }) {
    super();
    this.#url = url;
    this.#configuration = configuration;
    this.#WebSocket = WebSocket;
    this.#backoff = new Backoff(random);
  }

  /** Sound that is recorded and not settled, in ms: what a lost connection could cost. */
  get unsettled_ms() {
    return ((this.#ring.next_sample - this.#ring.first_sample) * 1000) / SAMPLE_RATE_HZ;
  }

  /** Whether the server is away for so long that every new sound pushes out one that it never got. */
  get is_losing() {
    return !this.#is_ready && this.unsettled_ms >= (RING_S - 1) * 1000; // full but for a piece
  }

  start() {
    this.#connect();
  }

  /** Take one frame of 16 kHz mono Int16 samples. */
  push(pcm) {
    if (this.#is_muted || this.#is_saying_farewell || this.#is_over) return;
    this.#ring.push(pcm);
    this.#pump();
  }

  /** Say that the device could not record for `samples`; the session's clock moves on. */
  skip(samples) {
    if (this.#is_muted || this.#is_over) return;
    this.#ring.skip(samples);
    this.#pump();
  }

  mute() {
    this.#is_muted = true;
    this.#pump();
  }

  unmute() {
    this.#is_muted = false;
    if (this.#has_told_muted) this.#say({ type: "unmute" });
    this.#has_told_muted = false;
  }

  /** Have the open utterance written down now; resolves with the server's `finalized`. */
  finalize() {
    this.#finalized ??= withResolvers();
    this.#say({ type: "finalize" });
    return this.#finalized.promise;
  }

  /** Send what is left, flush, close. Resolves with the summary, or null when the server gave none. */
  close() {
    if (this.#is_over) return this.#summary.promise;
    this.#is_saying_farewell = true;
    this.#after("farewell", FAREWELL_LIMIT_MS, () => this.#end(ABNORMAL));
    this.#pump();
    return this.#summary.promise;
  }

  /** Hang up at once, without a summary. */
  abandon() {
    this.#end(DONE);
  }

  hurry() {
    if (!this.#is_over && !this.#socket) this.#connect();
  }

  #connect() {
    this.#cancel("retry");
    this.#letGo();
    const socket = new this.#WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#wires = new AbortController();
    const { signal } = this.#wires;
    socket.addEventListener("open", () => this.#configure(), { signal });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)), { signal });
    socket.addEventListener("close", ({ code }) => this.#lost(code), { signal });
    this.#socket = socket;
    this.#emit("connection", { state: this.#was_ready_before ? "reconnecting" : "connecting" });
    this.#expectWord();
  }

  #letGo() {
    this.#is_ready = false;
    this.#has_told_muted = false;
    for (const name of ["keepalive", "drain", "silence"]) this.#cancel(name);
    this.#wires?.abort();
    this.#wires = null;
    this.#socket?.close();
    this.#socket = null;
  }

  #configure() {
    const take_over = Boolean(this.#configuration.take_over) || this.#was_ready_before;
    this.#say({ ...this.#configuration, type: "configure", take_over });
  }

  #receive(message) {
    this.#expectWord();
    const { type } = message;
    if (type === "ready") this.#resume(message);
    else if (type === "ack") this.#acknowledge(message);
    else if (type === "summary") this.#summary.resolve(message);
    else if (type === "bye") this.#farewell = message.reason ?? "";
    else if (type === "finalized") this.#settleFinalize(message);
    else if (type === "error") this.#retry_after_ms = (message.retry_after_s ?? 0) * 1000;
    if (type === "flow" || type === "service" || type === "error") this.#emit(type, message);
  }

  #settleFinalize(message) {
    this.#finalized?.resolve(message);
    this.#finalized = null;
  }

  #resume(ready) {
    this.#alignTo(ready.next_sample);
    this.#window_samples = (ready.window_ms * SAMPLE_RATE_HZ) / 1000;
    this.#is_ready = true;
    this.#was_ready_before = true;
    this.#backoff.reset();
    this.#emit("ready", ready);
    this.#emit("connection", { state: "open" });
    this.#keepAlive();
    this.#pump();
  }

  #alignTo(next_sample) {
    if (!this.#was_ready_before) this.#ring.shift(next_sample - this.#ring.first_sample);
    // Somebody else's sound came in between: what is held belongs to a stretch that is already told.
    else if (next_sample > this.#ring.next_sample) this.#ring.restartAt(next_sample);
    this.#next_to_send = next_sample;
    this.#heard_sample = next_sample;
  }

  #acknowledge(ack) {
    this.#ring.settle(ack.through_sample);
    this.#heard_sample = Math.max(this.#heard_sample, ack.heard_sample ?? ack.through_sample);
    this.#silence_limit_ms = FIRST_SILENCE_LIMIT_MS;
    this.#emit("ack", ack);
    this.#pump();
  }

  #pump() {
    if (!this.#is_ready) return;
    while (this.#next_to_send < this.#ring.next_sample && this.#maySend()) this.#sendNext();
    if (this.#next_to_send < this.#ring.next_sample) {
      this.#after("drain", DRAIN_EVERY_MS, () => this.#pump());
    } else if (this.#is_saying_farewell) {
      this.#say({ type: "close" });
      this.#is_ready = false;
    } else if (this.#is_muted && !this.#has_told_muted) {
      this.#say({ type: "mute" }); // only now: what was said before the mute had to go first
      this.#has_told_muted = true;
    }
  }

  #maySend() {
    if (this.#socket.readyState !== 1 || this.#socket.bufferedAmount > BUFFERED_LIMIT_BYTES) return false;
    const piece = this.#ring.pieceAt(this.#next_to_send);
    const is_live = piece !== null && this.#next_to_send + piece.samples >= this.#ring.next_sample;
    return is_live || this.#next_to_send - this.#heard_sample < AHEAD_S * SAMPLE_RATE_HZ;
  }

  #sendNext() {
    const piece = this.#ring.pieceAt(this.#next_to_send);
    if (piece?.pcm) {
      this.#socket.send(piece.pcm);
      this.#next_to_send += piece.samples;
      this.#keepAlive();
      if (!this.#timers.has("silence")) this.#expectWord();
      return;
    }
    const samples = piece ? piece.samples : this.#ring.first_sample - this.#next_to_send;
    this.#say({ type: "gap", samples });
    this.#next_to_send += samples;
    this.#heard_sample += samples; // nobody has to listen to these
    this.#emit("lost", { samples });
  }

  #say(message) {
    if (this.#socket?.readyState !== 1) return;
    this.#socket.send(JSON.stringify(message));
    this.#keepAlive();
  }

  #keepAlive() {
    this.#after("keepalive", KEEPALIVE_EVERY_MS, () => this.#say({ type: "keepalive" }));
  }

  /** A half-open connection takes sound for minutes without a sound back; only silence gives it away. */
  #expectWord() {
    this.#cancel("silence");
    const unheard_samples = this.#next_to_send - this.#heard_sample;
    const is_due = !this.#is_ready || unheard_samples > 2 * this.#window_samples;
    if (this.#is_over || !is_due) return;
    this.#after("silence", this.#silence_limit_ms, () => {
      this.#silence_limit_ms = Math.min(LONGEST_SILENCE_LIMIT_MS, this.#silence_limit_ms * 2);
      this.#lost(ABNORMAL);
    });
  }

  #lost(code) {
    this.#letGo();
    if (this.#is_over) return;
    if (!isPassing(code)) return this.#end(code);
    const delay_ms = Math.max(this.#retry_after_ms, this.#backoff.next_ms());
    this.#retry_after_ms = 0;
    this.#emit("connection", { state: "reconnecting", delay_ms });
    this.#after("retry", delay_ms, () => this.#connect());
  }

  #end(code) {
    if (this.#is_over) return;
    this.#is_over = true;
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    this.#letGo();
    this.#summary.resolve(null);
    this.#settleFinalize(null);
    this.#emit("connection", { state: "closed" });
    this.#emit("bye", { code, reason: this.#farewell });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #after(name, delay_ms, action) {
    this.#cancel(name);
    const run = () => {
      this.#timers.delete(name);
      action();
    };
    this.#timers.set(name, setTimeout(run, delay_ms));
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
