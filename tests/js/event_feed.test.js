import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { EventFeed } from "../../static/js/lib/event_feed.js";
import { FakeWebSocket, listenTo } from "./fakes.js";

beforeEach(() => {
  FakeWebSocket.all = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

function openFeed({ after = 0, last_seq = after, ...options } = {}) {
  const given = { url: "ws://linnet/live/", after, WebSocket: FakeWebSocket, random: () => 0.5 };
  const feed = new EventFeed({ ...given, ...options });
  const heard = listenTo(feed, "event");
  feed.start();
  FakeWebSocket.last.opens().says({ type: "snapshot", state: "running", last_seq });
  return { feed, socket: FakeWebSocket.last, seqs: () => heard.map((event) => event.seq) };
}

const event = (seq) => ({ type: "event", event: { event_type: "transcript", seq, text: `line ${seq}` } });

test("the address carries the cursor", () => {
  openFeed({ after: 41 });

  assert.equal(FakeWebSocket.last.url, "ws://linnet/live/?after=41");
});

test("an event that was seen is not shown twice", () => {
  const { socket, seqs } = openFeed();

  socket.says(event(1)).says(event(1)).says(event(2));

  assert.deepEqual(seqs(), [1, 2]);
});

test("a hole is asked for, and what came early waits for it", () => {
  const { socket, seqs } = openFeed();

  socket.says(event(1)).says(event(4)).says(event(3));
  const asked = socket.said;
  socket.says(event(2)).says(event(3)).says(event(4)).says(event(5));

  assert.deepEqual(asked, [{ type: "replay", after: 1 }]);
  assert.deepEqual(seqs(), [1, 2, 3, 4, 5]);
});

test("a hole that the replay does not fill is healed by a fresh connection", () => {
  const { socket, seqs } = openFeed();

  socket.says(event(1)).says(event(3));
  mock.timers.tick(3_000);
  FakeWebSocket.last.opens().says({ type: "snapshot", last_seq: 3 }).says(event(3)).says(event(4));

  assert.equal(FakeWebSocket.last.url, "ws://linnet/live/?after=1");
  assert.deepEqual(seqs(), [1, 3, 4]);
});

test("a hole that the replay goes past was a deleted line", () => {
  const { socket, seqs } = openFeed();

  socket.says(event(1)).says(event(4)).says(event(5));
  socket.says(event(3)).says(event(4)).says(event(5)).says(event(6));

  assert.deepEqual(seqs(), [1, 3, 4, 5, 6]);
});

test("a change of state from the past is no news", () => {
  const { feed, socket } = openFeed({ last_seq: 3 });
  const states = listenTo(feed, "state");

  socket.says(event(1)).says({ type: "state", state: "stopped" });
  socket.says(event(3)).says({ type: "state", state: "running" });

  assert.deepEqual(states.map(({ state }) => state), ["running"]);
});

test("a line off the record has no number and is shown at once", () => {
  const { socket, seqs } = openFeed();

  socket.says(event(1)).says({ type: "event", event: { seq: null, off_record: true } }).says(event(2));

  assert.deepEqual(seqs(), [1, null, 2]);
});

for (const code of [1006, 1012, 4408, 4429, 4500, 4503]) {
  test(`close code ${code} brings it back after a wait`, () => {
    const { socket } = openFeed({ after: 7 });

    socket.drops(code);
    mock.timers.tick(500);

    assert.equal(FakeWebSocket.all.length, 2);
    assert.equal(FakeWebSocket.last.url, "ws://linnet/live/?after=7");
  });
}

for (const code of [1000, 4400, 4401, 4403, 4404, 4410]) {
  test(`close code ${code} is the end, with the server's reason`, () => {
    const { feed, socket } = openFeed();
    const byes = listenTo(feed, "bye");

    socket.says({ type: "bye", code, reason: "because" }).drops(code);
    mock.timers.tick(600_000);

    assert.deepEqual(byes, [{ code, reason: "because" }]);
    assert.equal(FakeWebSocket.all.length, 1);
  });
}

test("waits grow to 15 s and start again after a success", () => {
  const { feed, socket } = openFeed();
  const connections = listenTo(feed, "connection");

  socket.drops(1006);
  for (let attempt = 0; attempt < 6; attempt += 1) {
    mock.timers.tick(15_000);
    FakeWebSocket.last.drops(1006);
  }
  mock.timers.tick(15_000);
  FakeWebSocket.last.opens().says({ type: "snapshot", last_seq: 0 }).drops(1006);

  const delays_ms = connections.filter(({ state }) => state === "reconnecting").map(({ delay_ms }) => delay_ms);
  assert.deepEqual(delays_ms, [500, 1_500, 3_000, 6_000, 11_250, 11_250, 11_250, 500]);
});

test("it pings every 15 s", () => {
  const { socket } = openFeed();

  mock.timers.tick(15_000);
  socket.says({ type: "pong" });
  mock.timers.tick(15_000);

  assert.deepEqual(socket.said, [{ type: "ping" }, { type: "ping" }]);
});

test("a connection silent for 35 s is given up", () => {
  openFeed();

  mock.timers.tick(35_000);
  mock.timers.tick(500);

  assert.equal(FakeWebSocket.all.length, 2);
});

test("an old connection cannot speak into the new one", () => {
  const { socket, seqs } = openFeed();

  socket.drops(1006);
  mock.timers.tick(500);
  FakeWebSocket.last.opens().says({ type: "snapshot", last_seq: 0 });
  socket.says(event(1));

  assert.deepEqual(seqs(), []);
});

test("a log that became shorter is said loudly", () => {
  const { feed } = openFeed({ after: 50 });
  const resets = listenTo(feed, "reset");

  FakeWebSocket.last.drops(1006);
  mock.timers.tick(500);
  FakeWebSocket.last.opens().says({ type: "snapshot", last_seq: 3 });

  assert.equal(resets.length, 1);
});

test("refused handshakes end when an ordinary request says that the login is gone", async () => {
  const feed = new EventFeed({
    url: "ws://linnet/live/", WebSocket: FakeWebSocket, random: () => 0.5, probe: async () => 4401,
  });
  const byes = listenTo(feed, "bye");
  feed.start();

  for (let attempt = 0; attempt < 3; attempt += 1) {
    FakeWebSocket.last.drops(1006);
    mock.timers.tick(15_000);
    await Promise.resolve();
  }
  await new Promise(setImmediate);

  assert.deepEqual(byes, [{ code: 4401, reason: "" }]);
});

test("other messages pass through as they are", () => {
  const { feed, socket } = openFeed();
  const alerts = listenTo(feed, "alert");

  socket.says({ type: "alert", kind: "human_picked_up", at_ms: 1_200 });

  assert.deepEqual(alerts, [{ type: "alert", kind: "human_picked_up", at_ms: 1_200 }]);
});

test("it comes back with the last change that it was told of", () => {
  const { socket } = openFeed({ after: 3, revision: 2 });

  socket.says({ type: "revised", seq: 1, event: { seq: 1 }, revision: 3 });
  socket.says({ type: "note", id: 9, at_ms: 0, text: "", author: "", revision: 5 });
  socket.says({ type: "speakers", speakers: {}, revision: 4 });
  socket.drops(1006);
  mock.timers.tick(500);

  assert.equal(FakeWebSocket.last.url, "ws://linnet/live/?after=3&revision=5");
});

test("a page that knows no revision takes the server's", () => {
  const { socket } = openFeed();
  socket.drops(1006);
  mock.timers.tick(500);

  FakeWebSocket.last.opens().says({ type: "snapshot", last_seq: 0, revision: 7 }).drops(1006);
  mock.timers.tick(500);

  assert.equal(FakeWebSocket.last.url, "ws://linnet/live/?after=0&revision=7");
});

test("what the snapshot promises is not known before it is told", () => {
  const { socket } = openFeed({ after: 3, revision: 2 });

  socket.says({ type: "snapshot", last_seq: 3, revision: 6 }).drops(1006);
  mock.timers.tick(500);

  assert.equal(FakeWebSocket.last.url, "ws://linnet/live/?after=3&revision=2");
});

test("a line that is corrected while it waits behind a hole comes as it is now", () => {
  const { feed, socket } = openFeed();
  const heard = listenTo(feed, "event");

  socket.says(event(2)).says({ type: "revised", seq: 2, event: { seq: 2, text: "now" }, revision: 1 }).says(event(1));

  assert.deepEqual(heard.map(({ text }) => text), ["line 1", "now"]);
});
