// What the session's voices are called. A voice has a mark of its own ("Speaker B"); people may give it a name, or say
// that it is another voice's, whose name it then carries.

import { isUnknown } from "./tone_matcher.js";

/** Emits `change` when names may read differently. */
export class SpeakerNames extends EventTarget {
  #names = new Map(); // mark → name
  #marks = new Set();

  /** Take all names as they are now, from a `snapshot` or `speakers` message. */
  replace(names = {}) {
    const as_text = JSON.stringify(names);
    if (as_text === JSON.stringify(Object.fromEntries(this.#names))) return;
    this.#names = new Map(Object.entries(names));
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Remember that `mark` spoke. */
  hear(mark) {
    if (!isUnknown(mark)) this.#marks.add(mark);
  }

  /** The name of a voice, its mark without one, "" when nobody knows who it is. */
  of(mark) {
    return isUnknown(mark) ? "" : this.#names.get(mark) || mark;
  }

  /** One `{mark, name}` for each person that spoke: merged voices are one person. */
  get people() {
    const by_name = new Map();
    for (const mark of [...this.#marks].sort(byAlphabet)) {
      const name = this.of(mark);
      if (!by_name.has(name) || mark === name) by_name.set(name, { mark, name });
    }
    return [...by_name.values()];
  }
}

function byAlphabet(one, other) {
  return one.length - other.length || (one < other ? -1 : 1);
}
