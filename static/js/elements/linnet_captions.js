// The captions: a list that only grows. Finals never change; of a partial at most the last words do.

import { Announcer } from "../lib/announcer.js";
import { isPerson, lineWords } from "../lib/call_line.js";
import { readLook } from "../lib/look.js";
import { steadyWords, wordsOf } from "../lib/steady_text.js";
import { timecode } from "../lib/time_words.js";
import { isUnknown, ToneMatcher } from "../lib/tone_matcher.js";
import { elcorPrefix, knownAffect, knownBand, toneInWords } from "../lib/tone_words.js";
import { partsOf, setText } from "./parts.js";

const BOTTOM_PX = 96; // this close to the end counts as reading along
const LONG_LINES = 200; // from here on the style sheet lays out only what is near the screen
const PARTIAL_LIFE_MS = 20_000; // longer than an utterance can last: its final will not come any more

const TRAILING_DOTS = /\s*(\.{3}|…)$/; // the style sheet marks what is still open

const STATE_WORDS = new Map([["stopped", "The session was ended."], ["running", "The session goes on."]]);

export class LinnetCaptions extends HTMLElement {
  #lifetime = null;
  #part = null;
  #lines = new Map(); // seq → <li>
  #partials = new Map(); // utterance_id → {line, words, timer}
  #matcher = new ToneMatcher();
  #speaker_names = new Map();
  #last_speaker = "";
  #last_queue = "";
  #oldest_adopted = null; // the first line of the page as it came: older ones go before it
  #announcer = null;
  #is_following = true;
  #last_scroll_px = 0;
  #new_lines = 0;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    this.#announcer = new Announcer((text) => setText(this.#part("announcements"), text));
    for (const line of this.#part("list").children) this.#adopt(line);
    this.#listen(this.#lifetime.signal);
    this.#watchHeight(this.#lifetime.signal);
  }

  disconnectedCallback() {
    this.#lifetime.abort();
    this.#announcer.stop();
    for (const { timer } of this.#partials.values()) clearTimeout(timer);
  }

  #listen(signal) {
    const { feed } = this.closest("linnet-live");
    const on = (type, listener) => feed.addEventListener(type, ({ detail }) => listener(detail), { signal });
    on("snapshot", ({ speakers = {} }) => this.#nameSpeakers(speakers));
    on("event", (event) => this.#take(event));
    on("partial", (partial) => this.#showPartial(partial));
    on("revised", ({ seq, event }) => this.#revise(seq, event));
    addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    addEventListener("resize", () => this.#follow(), { signal, passive: true });
    this.#part("jump").addEventListener("click", () => this.#jump(), { signal });
  }

  /** Once a frame however many lines came: asking for the height after each would lay the page out each time. */
  #watchHeight(signal) {
    const of_page = new ResizeObserver(() => this.#follow());
    of_page.observe(document.body);
    const of_dock = new ResizeObserver(noteDockHeight);
    for (const dock of document.querySelectorAll(".dock, .controls")) of_dock.observe(dock);
    signal.addEventListener("abort", () => [of_page, of_dock].forEach((each) => each.disconnect()), { once: true });
  }

  #adopt(line) {
    this.#oldest_adopted ??= line;
    if (line.dataset.kind === "queue") this.#last_queue = line.querySelector("[data-part=text]").textContent;
    this.#lines.set(Number(line.dataset.seq), line);
    this.#last_speaker = line.dataset.speaker || this.#last_speaker;
  }

  #take(event) {
    if (event.seq !== null && this.#lines.has(event.seq)) return; // stood on the page from the start
    switch (event.event_type) {
      case "transcript": return this.#addTranscript(event);
      case "tone": return this.#addTone(event);
      case "gap": return this.#addNotice(event, event.text);
      case "speaker": if (isPerson(event.label)) this.#last_queue = ""; return;
      case "queue": return this.#addQueue(event);
      case "state": return this.#addNotice(event, STATE_WORDS.get(event.label) ?? event.label);
    }
  }

  #addTranscript(event) {
    this.#dropPartial(event.utterance_id);
    const line = this.#newLine(event);
    line.dataset.speaker = isUnknown(event.speaker_id) ? "" : event.speaker_id;
    if (event.off_record) line.dataset.offRecord = "";
    const name = this.#speakerName(event.speaker_id);
    line.querySelector("[data-part=speaker]").textContent = name;
    line.querySelector("[data-part=text]").textContent = event.text;
    line.toggleAttribute("data-same-speaker", name !== "" && name === this.#last_speaker);
    this.#last_speaker = name;
    const tone = this.#matcher.takeLine(event);
    if (tone) fixTone(line, tone);
    this.#append(line);
    if (readLook().announce) this.#announcer.take(name ? `${name}: ${event.text}` : event.text);
  }

  #addTone(tone) {
    for (const seq of this.#matcher.takeTone(tone)) {
      const line = this.#lines.get(seq);
      if (line) fixTone(line, tone);
    }
  }

  #addNotice(event, text) {
    const line = this.#newLine(event);
    line.querySelector("[data-part=text]").textContent = text;
    this.#last_speaker = "";
    this.#append(line);
    if (readLook().announce) this.#announcer.take(text);
  }

  /** A voice service may say "hold_music" every second; one line is enough. */
  #addQueue(event) {
    const words = lineWords(event.label);
    if (words === this.#last_queue) return;
    this.#last_queue = words;
    this.#addNotice(event, words);
  }

  #newLine({ event_type, seq, start_ms }) {
    const line = this.#part("line").content.firstElementChild.cloneNode(true);
    line.dataset.kind = event_type;
    line.dataset.startMs = start_ms;
    line.querySelector("[data-part=time]").textContent = timecode(start_ms);
    if (seq !== null) {
      line.dataset.seq = seq;
      this.#lines.set(seq, line);
    }
    return line;
  }

  /** Put a finished line before the partials, which are always the last. */
  #append(line) {
    const [first_partial] = this.#partials.values();
    const is_older = Number(line.dataset.seq) < Number(this.#oldest_adopted?.dataset.seq);
    const list = this.#part("list");
    list.insertBefore(line, is_older ? this.#oldest_adopted : (first_partial?.line ?? null));
    if (this.#lines.size > LONG_LINES) list.dataset.long = "";
    this.#part("empty").hidden = true;
    this.#new_lines += 1;
    this.#offerJump();
  }

  #showPartial({ utterance_id, speaker_id, text, start_ms }) {
    const partial = this.#partials.get(utterance_id) ?? this.#beginPartial(utterance_id, speaker_id, start_ms);
    partial.words = steadyWords(partial.words, wordsOf(text.replace(TRAILING_DOTS, "")));
    setText(partial.line.querySelector("[data-part=text]"), partial.words.join(" "));
    clearTimeout(partial.timer);
    partial.timer = setTimeout(() => this.#dropPartial(utterance_id), PARTIAL_LIFE_MS);
  }

  #beginPartial(utterance_id, speaker_id, start_ms) {
    const line = this.#newLine({ event_type: "partial", seq: null, start_ms });
    line.querySelector("[data-part=speaker]").textContent = this.#speakerName(speaker_id);
    const partial = { line, words: [], timer: null };
    this.#partials.set(utterance_id, partial);
    this.#part("list").append(line);
    this.#part("empty").hidden = true;
    return partial;
  }

  #dropPartial(utterance_id) {
    const partial = this.#partials.get(utterance_id);
    if (!partial) return;
    clearTimeout(partial.timer);
    partial.line.remove();
    this.#partials.delete(utterance_id);
  }

  #revise(seq, event) {
    const line = this.#lines.get(seq);
    if (!line) return;
    line.querySelector("[data-part=text]").textContent = event.text ?? "";
    line.querySelector("[data-part=speaker]").textContent = this.#speakerName(event.speaker_id);
  }

  #nameSpeakers(speakers) {
    for (const [speaker_id, name] of Object.entries(speakers)) this.#speaker_names.set(speaker_id, name);
  }

  #speakerName(speaker_id) {
    return isUnknown(speaker_id) ? "" : this.#speaker_names.get(speaker_id) || speaker_id;
  }

  #scrolled() {
    const left_px = document.documentElement.scrollHeight - innerHeight - scrollY;
    if (left_px < BOTTOM_PX) this.#is_following = true;
    else if (scrollY < this.#last_scroll_px - 2) this.#is_following = false; // only a reader scrolls up
    this.#last_scroll_px = scrollY;
    this.#offerJump();
  }

  #follow() {
    if (this.#is_following) scrollTo(0, document.documentElement.scrollHeight);
    this.#offerJump();
  }

  #jump() {
    this.#is_following = true;
    this.#follow();
  }

  #offerJump() {
    if (this.#is_following) this.#new_lines = 0;
    const jump = this.#part("jump");
    jump.hidden = this.#is_following;
    setText(jump, this.#new_lines ? `Jump to live (${this.#new_lines} new)` : "Jump to live");
  }
}

/** Tell the style sheet how much the dock covers: the whole of it, or on wide pages the controls alone. */
function noteDockHeight() {
  const heights_px = [...document.querySelectorAll(".dock, .controls")].map((dock) => dock.offsetHeight);
  document.documentElement.style.setProperty("--dock-block-size", `${Math.max(0, ...heights_px)}px`);
}

function fixTone(line, tone) {
  line.dataset.affect = knownAffect(tone.affect);
  line.dataset.band = knownBand(tone.band);
  line.querySelector("[data-part=tone]").textContent = toneInWords(tone);
  line.querySelector("[data-part=elcor]").textContent = `${elcorPrefix(tone)} `;
}

customElements.define("linnet-captions", LinnetCaptions);
