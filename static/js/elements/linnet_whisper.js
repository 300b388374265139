// A trusted viewer's line to the owner: a note that goes over the live socket and that nobody else reads.

import { LiveElement } from "./live_element.js";
import { setText } from "./parts.js";

export class LinnetWhisper extends LiveElement {

  wake(signal) {
    const { board, feed } = this.live;
    this.#offer();
    this.its("form").addEventListener("submit", (submission) => this.#send(submission, feed), { signal });
    this.its("text").addEventListener("input", () => setText(this.its("said"), ""), { signal });
    feed.addEventListener("error", ({ detail }) => setText(this.its("said"), detail.message), { signal });
    board.addEventListener("change", () => this.#offer(), { signal });
  }

  /** After the end nobody would read it. */
  #offer() {
    this.its("form").hidden = this.live.is_over;
  }

  #send(submission, feed) {
    submission.preventDefault();
    const text = this.its("text").value.trim();
    if (!text) return;
    const is_sent = feed.send({ type: "note", text });
    if (is_sent) this.its("text").value = "";
    setText(this.its("said"), is_sent ? this.its("said").dataset.sent : this.its("said").dataset.away);
  }
}

customElements.define("linnet-whisper", LinnetWhisper);
