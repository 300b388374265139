// Who spoke a line; what a voice is called everywhere; that two voices are one person.

import { NotChanged } from "../lib/session_edits.js";
import { t } from "../lib/words.js";
import { wordsOfLine } from "./caption_line.js";
import { closable } from "./dialogs.js";
import { partsOf, setText } from "./parts.js";

export class LinnetVoices extends HTMLElement {
  #lifetime = null;
  #part = null;
  #line = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    closable(this.#part("dialog"), signal);
    const on = (name, listener) => this.#part(name).addEventListener("submit", listener, { signal });
    on("give", (event) => void this.#give(event));
    on("rename", (event) => void this.#rename(event));
    on("merge", (event) => void this.#merge(event));
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  open(line) {
    this.#line = line;
    setText(this.#part("words"), wordsOfLine(line));
    this.#complain("");
    this.#fill(this.#names.people);
    this.#part("dialog").showModal();
  }

  get #names() {
    return this.closest("linnet-live").names;
  }

  get #edits() {
    return this.closest("linnet-live").edits;
  }

  get #mark() {
    return this.#line.dataset.speaker;
  }

  #fill(people) {
    const name = this.#names.of(this.#mark);
    const others = people.filter((person) => person.name !== name);
    this.#part("voices").replaceChildren(...people.map((person) => this.#choice(person, person.name === name)));
    this.#part("give").hidden = others.length === 0;
    this.#part("nobody").hidden = people.length > 0;
    this.#part("rename").hidden = this.#part("merge").hidden = name === "";
    this.#part("merge").hidden ||= others.length === 0;
    for (const part of ["mark", "merged"]) setText(this.#part(part), name);
    this.#part("name").value = name === this.#mark ? "" : name;
    this.#part("same-as").replaceChildren(...others.map((person) => new Option(person.name, person.mark)));
  }

  #choice({ mark, name }, is_checked) {
    const choice = this.#part("choice").content.firstElementChild.cloneNode(true);
    const [radio, words] = choice.children;
    radio.value = mark;
    radio.checked = radio.autofocus = is_checked;
    words.textContent = name;
    return choice;
  }

  #give(event) {
    const speaker = this.#part("voices").querySelector(":checked")?.value;
    if (!speaker) return this.#complain(t("Choose a voice first."), event);
    return this.#do(event, this.#edits.giveToSpeaker(Number(this.#line.dataset.seq), speaker));
  }

  #rename(event) {
    return this.#do(event, this.#edits.nameSpeaker(this.#mark, this.#part("name").value.trim()));
  }

  #merge(event) {
    return this.#do(event, this.#edits.mergeSpeakers(this.#mark, this.#part("same-as").value));
  }

  async #do(event, change) {
    event.preventDefault();
    try {
      await change;
    } catch (error) {
      if (!(error instanceof NotChanged)) throw error;
      return this.#complain(error.message);
    }
    this.#part("dialog").close();
    this.closest("linnet-live").say(t("Changed everywhere."));
  }

  #complain(words, event = null) {
    event?.preventDefault();
    setText(this.#part("trouble"), words);
    this.#part("trouble").hidden = words === "";
  }
}

customElements.define("linnet-voices", LinnetVoices);
