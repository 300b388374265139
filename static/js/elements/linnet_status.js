// One status in plain words. Only the words are a live region: the detail would chatter.

import { LiveElement } from "./live_element.js";
import { setText } from "./parts.js";

export class LinnetStatus extends LiveElement {

  wake(signal) {
    const { board } = this.live;
    board.addEventListener("change", ({ detail }) => this.#show(detail), { signal });
    this.#show(board.status);
  }

  #show({ key, words, detail }) {
    this.dataset.status = key;
    setText(this.its("words"), words);
    setText(this.its("detail"), detail);
  }
}

customElements.define("linnet-status", LinnetStatus);
