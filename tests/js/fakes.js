// What the browser gives and node does not: a WebSocket that the test plays the server for.

export class FakeWebSocket extends EventTarget {
  static all = [];

  static get last() {
    return FakeWebSocket.all.at(-1);
  }

  sent = [];
  readyState = 0;
  bufferedAmount = 0;

  constructor(url) {
    super();
    this.url = url;
    FakeWebSocket.all.push(this);
  }

  /** Text messages sent so far, parsed. */
  get said() {
    return this.sent.filter((data) => typeof data === "string").map((data) => JSON.parse(data));
  }

  /** Binary messages sent so far. */
  get played() {
    return this.sent.filter((data) => typeof data !== "string");
  }

  send(data) {
    this.sent.push(data);
  }

  close() {
    this.readyState = 3;
  }

  opens() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
    return this;
  }

  says(message) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
    return this;
  }

  drops(code) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

/** Collect the details of every `type` that `target` emits. */
export function listenTo(target, type) {
  const heard = [];
  target.addEventListener(type, ({ detail }) => heard.push(detail));
  return heard;
}
