// What can be done with one line. One set of tools serves all lines: it moves to the one that is pointed at, touched or
// focused. Of all lines one can be reached with Tab; the arrow keys lead from it to the others.

import { isForSomethingElse, nameOf } from "../lib/shortcuts.js";
import { timecode } from "../lib/time_words.js";
import { t } from "../lib/words.js";
import { lineAsText } from "./caption_line.js";
import { LineEditor } from "./line_editor.js";
import { LiveElement } from "./live_element.js";
import { partsOf } from "./parts.js";

const STEPS = new Map([["ArrowDown", "nextElementSibling"], ["ArrowUp", "previousElementSibling"]]);
const ENDS = new Map([["Home", "firstElementChild"], ["End", "lastElementChild"]]);
const KEYS = new Map([["c", "copy"], ["b", "bookmark"], ["e", "correct"], ["w", "voice"], ["Delete", "remove"]]);

export class LinnetLineTools extends LiveElement {
  #tools = null; // what moves into the lines: a button that opens a toolbar
  #handle = null;
  #bar = null;
  #editor = null;
  #notes = null; // found once, as the dialogs are: a search for what stands behind the captions walks every line
  #dialogs = [];
  #current = null; // the line that Tab reaches
  #leave = null; // ends the stillness of the list while tools are open

  wake(signal) {
    const part = partsOf(this);
    [this.#tools, this.#handle, this.#bar] = ["tools", "handle", "bar"].map(part);
    this.#notes = this.live.querySelector("linnet-notes");
    this.#dialogs = [...this.live.querySelectorAll("dialog")];
    if (this.#isOwner) this.#editor = new LineEditor(part("editor"), this.live, () => this.focusCurrent());
    this.#listen(signal);
    const newest = this.#list.lastElementChild;
    if (newest) this.#reach(newest);
  }

  focusCurrent() {
    this.#current?.focus();
  }

  /** For who jumped there by key: the button that had the focus is gone. */
  #focusNewest() {
    finished(this.#list.lastElementChild, "previousElementSibling")?.focus({ preventScroll: true });
  }

  get #captions() {
    return this.live.querySelector("linnet-captions");
  }

  get #list() {
    return this.#captions.querySelector("[data-part=list]");
  }

  get #isOwner() {
    return "canEdit" in this.dataset;
  }

  get #isOpen() {
    return !this.#bar.hidden;
  }

  #listen(signal) {
    const on = (target, type, listener) => target.addEventListener(type, listener, { signal });
    on(this.#captions, "line", ({ detail }) => this.#came(detail));
    on(this.#captions, "revised", ({ detail }) => this.#revised(detail));
    on(this.#captions.querySelector("[data-part=jump]"), "click", ({ detail }) => detail === 0 && this.#focusNewest());
    on(this.#list, "pointerover", (event) => event.pointerType === "mouse" && this.#pointAt(lineOf(event)));
    on(this.#list, "focusin", (event) => this.#focused(lineOf(event)));
    on(this.#list, "click", (event) => this.#click(event));
    on(this.#list, "keydown", (event) => this.#press(event));
    on(document, "pointerdown", ({ target }) => this.#isOpen && !target.closest(".line") && this.#close());
  }

  /** Tab leads to the newest line, unless the reader chose one, or a dialog is open that gives the focus back to it. */
  #came(line) {
    const is_chosen = this.#list.matches(":focus-within") || this.#dialogs.some(({ open }) => open);
    if (!is_chosen && !("gathered" in line.dataset)) this.#reach(line);
  }

  #revised(line) {
    this.#editor?.revised(line);
    if (line.contains(this.#tools)) this.#offer(line);
  }

  #pointAt(line) {
    if (line && !this.#isOpen && !this.#list.matches(":focus-within")) this.#offer(line);
  }

  #focused(line) {
    if (!line) return;
    this.#reach(line);
    if (!line.contains(this.#tools)) this.#close();
    if (!this.#isOpen) this.#offer(line);
  }

  #reach(line) {
    if (this.#current === line) return;
    this.#current?.removeAttribute("tabindex");
    this.#current = line;
    line.tabIndex = 0;
  }

  /** Bring the tools to `line`, folded, with what this line allows. */
  #offer(line) {
    const allowed = this.#allowedOn(line);
    for (const button of this.#bar.children) button.hidden = !allowed.has(button.dataset.act);
    this.#tools.hidden = allowed.size === 0;
    if (this.#tools.parentElement !== line) line.append(this.#tools);
  }

  #allowedOn(line) {
    const { dataset } = line;
    const is_said = dataset.kind === "transcript" && !("removed" in dataset);
    const acts = new Set("removed" in dataset ? [] : ["copy"]);
    if (!this.#isOwner) return acts;
    acts.add("bookmark");
    if (this.#notes.isChangeableIn(line)) acts.add("note");
    if (is_said && dataset.seq) ["correct", "voice", "remove"].forEach((act) => acts.add(act));
    return acts;
  }

  #open(line) {
    this.#offer(line);
    if (this.#tools.hidden || this.#isOpen) return;
    this.#leave = this.#captions.place.stay();
    this.#bar.hidden = false;
    line.dataset.open = "";
    this.#handle.setAttribute("aria-expanded", "true");
    this.#bar.scrollIntoView({ block: "nearest" });
  }

  #close() {
    if (!this.#isOpen) return;
    this.#bar.hidden = true;
    delete this.#tools.closest(".line").dataset.open;
    this.#handle.setAttribute("aria-expanded", "false");
    this.#leave?.();
    this.#leave = null;
  }

  #click(event) {
    const line = lineOf(event);
    const button = event.target.closest("button");
    if (!line || "editing" in line.dataset) return;
    if (button?.dataset.act) return this.#do(button.dataset.act, line);
    if (!button && !getSelection().isCollapsed) return; // somebody marks words to copy them
    if (this.#isOpen && line.contains(this.#tools)) return this.#close();
    this.#close();
    this.#reach(line);
    if (!button) line.focus({ preventScroll: true });
    this.#open(line);
  }

  #press(event) {
    const line = lineOf(event);
    if (!line || isForSomethingElse(event, { may_repeat: true })) return;
    if (event.key === "Escape" && this.#isOpen) {
      this.#close();
      line.focus();
    } else if (event.target.closest("[role=toolbar]") && this.#stepInBar(event)) {
      event.preventDefault();
    } else if (this.#actOn(line, event)) {
      event.preventDefault();
    }
  }

  /** Keys that act on the focused line. Returns whether this was one. */
  #actOn(line, event) {
    const next = neighbour(line, event.key);
    if (next !== undefined) next?.focus();
    else if (event.key === "Enter" && event.target === line) this.#enter(line);
    else return this.#actByLetter(line, event);
    return true;
  }

  #actByLetter(line, event) {
    const act = KEYS.get(nameOf(event));
    const is_letter = event.key.length === 1;
    if (!act || event.repeat || (is_letter && !this.live.shortcuts.areOn)) return false;
    if (this.#allowedOn(line).has(act)) this.#do(act, line);
    return true;
  }

  #enter(line) {
    this.#open(line);
    this.#bar.querySelector("button:not([hidden])")?.focus();
  }

  #stepInBar({ key, target }) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return false;
    const buttons = [...this.#bar.querySelectorAll("button:not([hidden])")];
    buttons.at((buttons.indexOf(target.closest("button")) + step) % buttons.length).focus();
    return true;
  }

  #do(act, line) {
    this.#close();
    this.#reach(line);
    line.focus({ preventScroll: true });
    switch (act) {
      case "copy": return void this.#copy(line);
      case "bookmark": return void this.#bookmark(line);
      case "note": return this.#notes.changeIn(line, this.#captions.place.stay());
      case "correct": return this.#editor.open(line, this.#captions.place.stay());
      case "voice": return this.live.querySelector("linnet-voices").open(line);
      case "remove": return void this.#remove(line);
    }
  }

  async #copy(line) {
    try {
      await navigator.clipboard.writeText(lineAsText(line));
      this.live.say(t("Copied."));
    } catch {
      this.live.say(t("This browser does not let Linnet copy. Mark the words and copy them yourself."));
    }
  }

  async #bookmark({ dataset }) {
    const at_ms = Number(dataset.startMs);
    const words = t("Bookmarked {time}.", { time: timecode(at_ms) });
    await this.live.change(this.live.edits.addNote(at_ms), words);
  }

  async #remove(line) {
    const seq = Number(line.dataset.seq);
    const removal = this.live.edits.removeLine(seq);
    const undo = { label: t("Undo"), act: () => void this.#putBack(seq, removal) };
    await this.live.change(removal, t("Line removed."), undo);
  }

  async #putBack(seq, removal) {
    const receipt = await removal.catch(() => null); // said already
    if (receipt !== null) await this.live.change(this.live.edits.putLineBack(seq, receipt), t("The line is back."));
  }
}

/** The finished line that an event happened in. */
function lineOf({ target }) {
  const line = target.closest(".line");
  return line?.dataset.kind === "partial" ? null : line;
}

/** The line that an arrow key leads to: null beyond the ends, undefined for other keys. */
function neighbour(line, key) {
  if (ENDS.has(key)) return finished(line.parentElement[ENDS.get(key)], "previousElementSibling");
  if (!STEPS.has(key)) return undefined;
  return finished(line[STEPS.get(key)], STEPS.get(key));
}

function finished(line, step) {
  while (line && (line.dataset.kind === "partial" || "gathered" in line.dataset)) line = line[step];
  return line ? reachable(line) : null;
}

function reachable(line) {
  line.tabIndex = -1;
  return line;
}

customElements.define("linnet-line-tools", LinnetLineTools);
