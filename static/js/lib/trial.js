// A session for a check alone: sends sound, hears the captions, measures how late they come, and is deleted afterwards.

import { EventFeed } from "./event_feed.js";
import { MicrophoneLink, SAMPLE_RATE_HZ } from "./microphone_link.js";

/** The middle one of `numbers`, which need not be in order. */
export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}

/**
 * Says when the sound at a moment of the session was recorded. Frames follow one another without a hole, so the
 * first one's time is enough.
 */
export class Recording {
  #began_ms = null;

  push(pcm, now_ms) {
    this.#began_ms ??= now_ms - (pcm.length * 1000) / SAMPLE_RATE_HZ;
  }

  /** Milliseconds from when the sound at `session_ms` was recorded until `now_ms`. */
  delay_ms(session_ms, now_ms) {
    return Math.max(0, now_ms - this.#began_ms - session_ms);
  }
}

/**
 * Emits `caption` with `{text, delay_ms, is_simulated}`, `service` with the listener's state, and `over` with a close
 * code when the check cannot go on.
 */
export class Trial extends EventTarget {
  #urls;
  #form;
  #recording = new Recording();
  #link = null;
  #feed = null;

  /** `urls`: `{begin, end}`; `form` holds the page's CSRF token. */
  constructor(urls, form) {
    super();
    this.#urls = urls;
    this.#form = form;
  }

  async begin(urlOf) {
    const response = await fetch(this.#urls.begin, { method: "POST", body: new FormData(this.#form), redirect: "error" });
    if (!response.ok) throw new Error(`the check could not begin (${response.status})`);
    const { audio_path, live_path } = await response.json();
    this.#watch(new EventFeed({ url: urlOf(live_path) }));
    this.#speak(new MicrophoneLink({ url: urlOf(audio_path) }));
  }

  push(pcm) {
    this.#recording.push(pcm, performance.now());
    this.#link?.push(pcm);
  }

  /** Hang up and have the session deleted, also while the page goes away. Resolves with whether it is. */
  async end() {
    const [link, feed] = [this.#link, this.#feed];
    this.#link = this.#feed = null;
    link?.abandon();
    feed?.stop();
    const body = new FormData(this.#form);
    const response = await fetch(this.#urls.end, { method: "POST", body, keepalive: true }).catch(() => null);
    return response?.ok ?? false;
  }

  #watch(feed) {
    this.#feed = feed;
    feed.addEventListener("event", ({ detail }) => this.#take(detail));
    feed.start();
  }

  #speak(link) {
    this.#link = link;
    link.addEventListener("service", ({ detail }) => this.#emit("service", detail));
    link.addEventListener("bye", ({ detail }) => this.#link && this.#emit("over", detail));
    link.start();
  }

  #take({ event_type, text, end_ms, simulated }) {
    if (event_type !== "transcript" || !text) return;
    this.#emit("caption", { text, delay_ms: this.#recording.delay_ms(end_ms, performance.now()), is_simulated: simulated });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
