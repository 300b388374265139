// Words that are not final yet: the last lines of the list, of which at most the last words change.

import { steadyWords, wordsOf } from "../lib/steady_text.js";
import { nameVoice, newLine, partOf } from "./caption_line.js";
import { setText } from "./parts.js";

const LIFE_MS = 20_000; // longer than an utterance can last: its final will not come any more
const TRAILING_DOTS = /\s*(\.{3}|…)$/; // the style sheet marks what is still open

export class PartialLines {
  #template;
  #partials = new Map(); // utterance_id → {line, words, timer}
  #is_held = false;
  #outlived = []; // lines that stand on a held list though their words are final by now

  constructor(template) {
    this.#template = template;
  }

  get first() {
    const [partial] = this.#partials.values();
    return partial?.line ?? null;
  }

  /** Take a `partial` message; return its line when it is a new one. */
  take({ utterance_id, text, start_ms }, name) {
    const known = this.#partials.get(utterance_id);
    const partial = known ?? this.#begin(utterance_id, start_ms, name);
    partial.words = steadyWords(partial.words, wordsOf(text.replace(TRAILING_DOTS, "")));
    if (!this.#stands(partial)) show(partial);
    clearTimeout(partial.timer);
    partial.timer = setTimeout(() => this.drop(utterance_id), LIFE_MS);
    return known ? null : partial.line;
  }

  drop(utterance_id) {
    const partial = this.#partials.get(utterance_id);
    if (!partial) return;
    clearTimeout(partial.timer);
    this.#partials.delete(utterance_id);
    if (this.#stands(partial)) this.#outlived.push(partial.line);
    else partial.line.remove();
  }

  /** Leave the lines that can be seen as they are, until `goOn`. */
  hold() {
    this.#is_held = true;
  }

  goOn() {
    this.#is_held = false;
    for (const line of this.#outlived.splice(0)) line.remove();
    for (const partial of this.#partials.values()) show(partial);
  }

  stop() {
    for (const { timer } of this.#partials.values()) clearTimeout(timer);
  }

  #begin(utterance_id, start_ms, name) {
    const line = newLine(this.#template, { event_type: "partial", seq: null, start_ms });
    nameVoice(line, name);
    const partial = { line, words: [], timer: null };
    this.#partials.set(utterance_id, partial);
    return partial;
  }

  #stands({ line }) {
    return this.#is_held && line.isConnected && !("gathered" in line.dataset);
  }
}

function show({ line, words }) {
  setText(partOf(line, "text"), words.join(" "));
}
