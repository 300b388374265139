// Who spoke a line; what a voice is called everywhere; that two voices are one person.

import { NotChanged, SOMEBODY_ELSE } from "../lib/session_edits.js";
import { t } from "../lib/words.js";
import { wordsOfLine } from "./caption_line.js";
import { closable } from "./dialogs.js";
import { LiveElement } from "./live_element.js";
import { setText } from "./parts.js";

export class LinnetVoices extends LiveElement {
  #line = null;

  wake(signal) {
    closable(this.its("dialog"), signal);
    const on = (name, listener) => this.its(name).addEventListener("submit", listener, { signal });
    on("give", (event) => void this.#give(event));
    on("rename", (event) => void this.#rename(event));
    on("merge", (event) => void this.#merge(event));
  }

  open(line) {
    this.#line = line;
    setText(this.its("words"), wordsOfLine(line));
    this.#complain("");
    this.#fill(this.#names.people);
    this.its("dialog").showModal();
  }

  get #names() {
    return this.live.names;
  }

  get #edits() {
    return this.live.edits;
  }

  get #mark() {
    return this.#line.dataset.speaker;
  }

  #fill(people) {
    const name = this.#names.of(this.#mark);
    const others = people.filter((person) => person.name !== name);
    const choices = [...people, { mark: SOMEBODY_ELSE, name: t("Somebody else") }];
    this.its("voices").replaceChildren(...choices.map((person) => this.#choice(person, person.name === name)));
    this.its("nobody").hidden = people.length > 0;
    this.its("rename").hidden = this.its("merge").hidden = name === "";
    this.its("merge").hidden ||= others.length === 0;
    for (const part of ["mark", "merged"]) setText(this.its(part), name);
    this.its("name").value = name === this.#mark ? "" : name;
    this.its("same-as").replaceChildren(...others.map((person) => new Option(person.name, person.mark)));
  }

  #choice({ mark, name }, is_checked) {
    const choice = this.its("choice").content.firstElementChild.cloneNode(true);
    const [radio, words] = choice.children;
    radio.value = mark;
    radio.checked = radio.autofocus = is_checked;
    words.textContent = name;
    return choice;
  }

  #give(event) {
    const speaker = this.its("voices").querySelector(":checked")?.value;
    if (!speaker) return this.#complain(t("Choose a voice first."), event);
    const seq = Number(this.#line.dataset.seq);
    return this.#do(event, this.#edits.giveToSpeaker(seq, speaker), t("Saved for this line."));
  }

  #rename(event) {
    const name = this.its("name").value.trim();
    return this.#do(event, this.#edits.nameSpeaker(this.#mark, name), t("Changed everywhere."));
  }

  #merge(event) {
    const same_as = this.its("same-as").value;
    return this.#do(event, this.#edits.mergeSpeakers(this.#mark, same_as), t("Changed everywhere."));
  }

  async #do(event, change, words) {
    event.preventDefault();
    try {
      await change;
    } catch (error) {
      if (!(error instanceof NotChanged)) throw error;
      return this.#complain(error.message);
    }
    this.its("dialog").close();
    this.live.say(words);
  }

  #complain(words, event = null) {
    event?.preventDefault();
    setText(this.its("trouble"), words);
    this.its("trouble").hidden = words === "";
  }
}

customElements.define("linnet-voices", LinnetVoices);
