// A trusted viewer's line to the owner: a note that goes over the live socket and that nobody else reads.

import { partsOf, setText } from "./parts.js";

export class LinnetWhisper extends HTMLElement {
  #lifetime = null;

  connectedCallback() {
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    const { feed } = this.closest("linnet-live");
    const part = partsOf(this);
    part("form").hidden = false;
    part("form").addEventListener("submit", (submission) => this.#send(submission, feed), { signal });
    part("text").addEventListener("input", () => setText(part("said"), ""), { signal });
    feed.addEventListener("error", ({ detail }) => setText(part("said"), detail.message), { signal });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  #send(submission, feed) {
    submission.preventDefault();
    const part = partsOf(this);
    const text = part("text").value.trim();
    if (!text) return;
    const is_sent = feed.send({ type: "note", text });
    if (is_sent) part("text").value = "";
    setText(part("said"), is_sent ? part("said").dataset.sent : part("said").dataset.away);
  }
}

customElements.define("linnet-whisper", LinnetWhisper);
