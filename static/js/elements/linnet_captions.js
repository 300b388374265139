// The captions: a list that only grows. A final changes only when its owner corrects it.

import { Announcer } from "../lib/announcer.js";
import { isPerson, lineWords } from "../lib/call_line.js";
import { inWords, isShutOut } from "../lib/close_codes.js";
import { LineIndex } from "../lib/line_index.js";
import { readLook } from "../lib/look.js";
import { isUnknown, ToneMatcher } from "../lib/tone_matcher.js";
import { t } from "../lib/words.js";
import { fillWords, fixTone, nameVoice, newLine, partOf } from "./caption_line.js";
import { coveredPx, noteDockHeight } from "./dock.js";
import { LiveElement } from "./live_element.js";
import { PartialLines } from "./partial_lines.js";
import { setText } from "./parts.js";
import { ReadingPlace } from "./reading_place.js";

const LONG_LINES = 200; // from here on the style sheet lays out only what is near the screen

/** Emits `line` with each finished `<li>` that joins the list, and `revised` with one whose words changed. */
export class LinnetCaptions extends LiveElement {
  place = null;
  #lines = new Map(); // seq → <li>
  #index = new LineIndex();
  #partials = null;
  #matcher = new ToneMatcher();
  #last_queue = "";
  #oldest_adopted = null; // the first line of the page as it came: older ones go before it
  #announcer = null;

  wake(signal) {
    this.#announcer = new Announcer((text) => setText(this.its("announcements"), text));
    this.#partials = new PartialLines(this.its("line"));
    this.place = new ReadingPlace(this.its("list"), this.its("jump"), signal, coveredPx);
    for (const line of this.its("list").children) this.#adopt(line);
    this.#listen(signal);
    this.#watchHeight(signal);
    signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  #stop() {
    this.#announcer.stop();
    this.#partials.stop();
  }

  /** The last line that began by `at_ms` of the session's clock, else the first of all; null without lines. */
  lineAt(at_ms) {
    return this.#index.at(at_ms);
  }

  /** Whether the line of `at_ms` stands, so that none that comes later can be nearer to it. */
  isPast(at_ms) {
    return this.#index.isPast(at_ms);
  }

  /** The finished lines of which something was said after `from_ms`, in order. */
  linesSince(from_ms) {
    const begun = this.#index.since(from_ms);
    const open = this.#index.at(from_ms - 1);
    const is_open = open && open !== begun[0] && Number(open.dataset.endMs) > from_ms;
    return is_open ? [open, ...begun] : begun;
  }

  #listen(signal) {
    const { feed, names } = this.live;
    const on = (type, listener) => feed.addEventListener(type, ({ detail }) => listener(detail), { signal });
    on("event", (event) => this.#take(event));
    on("partial", (partial) => this.#showPartial(partial));
    on("revised", ({ seq, event }) => this.#revise(seq, event));
    on("bye", ({ code }) => isShutOut(code) && this.#forget(code));
    names.addEventListener("change", () => this.#renameVoices(), { signal });
    this.place.addEventListener("hold", () => this.#partials.hold(), { signal });
    this.place.addEventListener("go-on", () => this.#partials.goOn(), { signal });
  }

  /** Once a frame however many lines came: asking for the height after each would lay the page out each time. */
  #watchHeight(signal) {
    const of_page = new ResizeObserver(() => this.place.follow());
    of_page.observe(document.body, { box: "border-box" }); // the banner stands in its padding
    const makeRoom = () => {
      noteDockHeight();
      this.place.follow();
    };
    const of_dock = new ResizeObserver(makeRoom);
    for (const dock of document.querySelectorAll(".dock, .controls")) of_dock.observe(dock);
    addEventListener("resize", makeRoom, { signal });
    signal.addEventListener("abort", () => [of_page, of_dock].forEach((each) => each.disconnect()), { once: true });
  }

  #adopt(line) {
    this.#oldest_adopted ??= line;
    if (line.dataset.kind === "queue") this.#last_queue = partOf(line, "text").textContent;
    this.#lines.set(Number(line.dataset.seq), line);
    this.#index.add(Number(line.dataset.startMs), line);
    this.live.names.hear(line.dataset.speaker);
  }

  #take(event) {
    if (event.seq !== null && this.#lines.has(event.seq)) return; // stood on the page from the start
    switch (event.event_type) {
      case "transcript": return this.#addTranscript(event);
      case "tone": return this.#addTone(event);
      case "gap": return this.#addNotice(event, event.text);
      case "speaker": if (isPerson(event.label)) this.#last_queue = ""; return;
      case "queue": return this.#addQueue(event);
      case "state": return this.#addNotice(event, stateInWords(event.label));
    }
  }

  #addTranscript(event) {
    this.#partials.drop(event.utterance_id);
    const line = newLine(this.its("line"), event);
    const name = this.live.names.of(event.speaker_id);
    line.dataset.speaker = isUnknown(event.speaker_id) ? "" : event.speaker_id;
    fillWords(line, event);
    nameVoice(line, name);
    const tone = this.#matcher.takeLine(event);
    if (tone) fixTone(line, tone);
    this.#append(line, event);
    if (readLook().announce && !event.removed) this.#announcer.take(name ? `${name}: ${event.text}` : event.text);
  }

  #addTone(tone) {
    const now = this.#matcher.takeTone(tone);
    const line = now && this.#lines.get(now.seq);
    if (line) fixTone(line, now.tone);
  }

  #addNotice(event, text) {
    const line = newLine(this.its("line"), event);
    partOf(line, "text").textContent = text;
    this.#append(line, event);
    if (readLook().announce) this.#announcer.take(text);
  }

  /** A voice service may say "hold_music" every second; one line is enough. */
  #addQueue(event) {
    const words = lineWords(event.label);
    if (words === this.#last_queue) return;
    this.#last_queue = words;
    if (event.label !== "none") this.#addNotice(event, words);
  }

  /** Put a finished line before the partials, which are always the last. */
  #append(line, { seq, start_ms }) {
    const is_older = seq !== null && seq < Number(this.#oldest_adopted?.dataset.seq);
    const list = this.its("list");
    list.insertBefore(line, is_older ? this.#oldest_adopted : this.#partials.first);
    if (seq !== null) this.#lines.set(seq, line);
    this.#joinUp(line);
    this.#index.add(start_ms, line);
    if (this.#index.size > LONG_LINES) list.dataset.long = "";
    this.its("empty").hidden = true;
    this.place.take(line, { counts: true });
    this.dispatchEvent(new CustomEvent("line", { detail: line }));
  }

  #showPartial(partial) {
    const line = this.#partials.take(partial, this.live.names.of(partial.speaker_id));
    if (!line) return;
    this.its("list").append(line);
    this.its("empty").hidden = true;
    this.place.take(line, { counts: false });
  }

  #revise(seq, event) {
    const line = this.#lines.get(seq);
    if (!line) return;
    fillWords(line, event);
    line.dataset.speaker = isUnknown(event.speaker_id) ? "" : event.speaker_id;
    this.live.names.hear(event.speaker_id);
    nameVoice(line, this.live.names.of(event.speaker_id));
    this.#joinUp(line);
    if (line.nextElementSibling) this.#joinUp(line.nextElementSibling);
    this.dispatchEvent(new CustomEvent("revised", { detail: line }));
  }

  #renameVoices() {
    for (const line of this.its("list").children) {
      if (line.dataset.kind === "transcript") nameVoice(line, this.live.names.of(line.dataset.speaker));
      this.#joinUp(line);
    }
  }

  /** What its reader may no longer see leaves the page. */
  #forget(code) {
    this.#stop();
    this.#lines.clear();
    this.#index = new LineIndex();
    this.its("list").replaceChildren();
    setText(this.its("announcements"), "");
    setText(this.its("empty"), `${inWords(code)} ${t("Its captions are gone from this page.")}`);
    this.its("empty").hidden = false;
  }

  /** A name is said once for the lines that one voice says in a row. */
  #joinUp(line) {
    if (line.dataset.kind !== "transcript") return;
    const before = line.previousElementSibling;
    const name_before = before?.dataset.kind === "transcript" ? partOf(before, "speaker").textContent : "";
    const is_same = name_before !== "" && name_before === partOf(line, "speaker").textContent;
    line.toggleAttribute("data-same-speaker", is_same);
  }
}

function stateInWords(label) {
  if (label === "stopped") return t("The session was ended.");
  return label === "running" ? t("The session goes on.") : label;
}

customElements.define("linnet-captions", LinnetCaptions);
