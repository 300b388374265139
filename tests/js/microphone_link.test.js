import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { MicrophoneLink } from "../../static/js/lib/microphone_link.js";
import { FakeWebSocket, listenTo } from "./fakes.js";

const FRAME_SAMPLES = 1_600;

beforeEach(() => {
  FakeWebSocket.all = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

const ready = (next_sample = 0) => ({
  type: "ready", stream_id: "s", next_sample, window_ms: 1_000, engine: {},
  sample_rate: 16_000, max_frame_bytes: 32_000,
});
const ack = (through_sample, heard_sample = through_sample) => ({
  type: "ack", through_sample, heard_sample, lag_ms: 0, dropped_ms: 0,
});

/** A frame whose samples all carry its number, so that a test sees which one arrived. */
const frame = (number) => new Int16Array(FRAME_SAMPLES).fill(number);
const numbers = (socket) => socket.played.map((pcm) => pcm[0]);
const range = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);

function newLink(configuration = {}) {
  const given = { url: "ws://linnet/audio/", WebSocket: FakeWebSocket, random: () => 0.5 };
  const link = new MicrophoneLink({ ...given, configuration });
  link.start();
  return link;
}

function openLink({ next_sample = 0, ...configuration } = {}) {
  const link = newLink(configuration);
  FakeWebSocket.last.opens().says(ready(next_sample));
  return { link, socket: FakeWebSocket.last };
}

function reconnect(next_sample, code = 1006) {
  FakeWebSocket.last.drops(code);
  mock.timers.tick(500);
  FakeWebSocket.last.opens().says(ready(next_sample));
  return FakeWebSocket.last;
}

/** Push frames as real time does: each second is heard before the next. */
function speak(link, socket, from, to) {
  for (const number of range(from, to)) {
    link.push(frame(number));
    if (number % 10 === 9) socket.says(ack(0, (number + 1) * FRAME_SAMPLES));
  }
}

test("it introduces itself before the first frame and does not take over by itself", () => {
  const { link, socket } = openLink({ window_ms: 1_000 });

  link.push(frame(0));

  assert.deepEqual(socket.said[0], { window_ms: 1_000, type: "configure", take_over: false });
  assert.deepEqual(numbers(socket), [0]);
});

test("what is said before the server is ready is kept and sent", () => {
  const link = newLink();
  link.push(frame(0));
  link.push(frame(1));

  FakeWebSocket.last.opens().says(ready(48_000));

  assert.deepEqual(numbers(FakeWebSocket.last), [0, 1]);
});

test("after a lost connection it takes over its own stream and replays what is not settled", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 50);
  socket.says(ack(20 * FRAME_SAMPLES, 40 * FRAME_SAMPLES));

  const again = reconnect(20 * FRAME_SAMPLES);

  assert.equal(again.said[0].take_over, true);
  assert.deepEqual(numbers(again), range(20, 50));
});

test("a resume in the middle of a frame sends the rest of the frame", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 3);

  const again = reconnect(FRAME_SAMPLES + 600);

  assert.deepEqual(again.played.map((pcm) => pcm.length), [1_000, 1_600]);
});

test("sound goes on being kept while the connection is away", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 10);
  socket.drops(1006);
  range(10, 30).forEach((number) => link.push(frame(number)));

  mock.timers.tick(500);
  FakeWebSocket.last.opens().says(ready(10 * FRAME_SAMPLES));

  assert.deepEqual(numbers(FakeWebSocket.last), range(10, 30));
});

test("what the ring no longer has is said as a gap", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 10);
  socket.drops(1006);
  range(10, 410).forEach((number) => link.push(frame(number)));
  const lost = listenTo(link, "lost");

  mock.timers.tick(500);
  FakeWebSocket.last.opens().says(ready(10 * FRAME_SAMPLES));

  const gaps = FakeWebSocket.last.said.filter(({ type }) => type === "gap");
  assert.deepEqual(gaps, [{ type: "gap", samples: 100 * FRAME_SAMPLES }]);
  assert.deepEqual(lost, [{ samples: 100 * FRAME_SAMPLES }]);
  assert.equal(numbers(FakeWebSocket.last)[0], 110);
});

test("only settled sound is forgotten", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 100);

  socket.says(ack(30 * FRAME_SAMPLES, 100 * FRAME_SAMPLES));

  assert.equal(link.unsettled_ms, 7_000);
});

test("a replay keeps at most 10 s between sent and heard", () => {
  const { link, socket } = openLink();
  socket.drops(1006);
  range(0, 250).forEach((number) => link.push(frame(number)));

  mock.timers.tick(500);
  const again = FakeWebSocket.last.opens().says(ready(0));
  const at_first = again.played.length;
  again.says(ack(0, 50 * FRAME_SAMPLES));

  assert.equal(at_first, 100);
  assert.equal(again.played.length, 150);
});

test("live sound is not held back when the listener is slow", () => {
  const { link, socket } = openLink();

  range(0, 150).forEach((number) => link.push(frame(number)));

  assert.equal(socket.played.length, 150);
});

test("it waits while the browser's own buffer is full", () => {
  const { link, socket } = openLink();
  socket.bufferedAmount = 300_000;
  link.push(frame(0));
  const while_full = socket.played.length;

  socket.bufferedAmount = 0;
  mock.timers.tick(50);

  assert.equal(while_full, 0);
  assert.deepEqual(numbers(socket), [0]);
});

test("a stretch that the device could not record moves the clock on", () => {
  const { link, socket } = openLink();
  link.push(frame(0));

  link.skip(8_000);
  link.push(frame(1));

  assert.deepEqual(socket.said.at(-1), { type: "gap", samples: 8_000 });
  assert.deepEqual(numbers(socket), [0, 1]);
});

test("muted, it sends nothing but signs of life", () => {
  const { link, socket } = openLink();
  link.mute();

  link.push(frame(0));
  mock.timers.tick(10_000);
  link.unmute();

  assert.deepEqual(socket.said.slice(1).map(({ type }) => type), ["mute", "keepalive", "unmute"]);
  assert.equal(socket.played.length, 0);
});

test("muted, it says so again to a new connection", () => {
  const { link } = openLink();
  link.mute();

  const again = reconnect(0);

  assert.deepEqual(again.said.map(({ type }) => type), ["configure", "mute"]);
});

test("what was said before the mute still goes first", () => {
  const { link, socket } = openLink();
  socket.drops(1006);
  link.push(frame(0));
  link.mute();

  mock.timers.tick(500);
  const again = FakeWebSocket.last.opens().says(ready(0));

  assert.equal(typeof again.sent[1], "object");
  assert.deepEqual(JSON.parse(again.sent[2]), { type: "mute" });
});

test("closing sends the rest, then resolves with the summary", async () => {
  const { link, socket } = openLink();
  link.push(frame(0));

  const summary = link.close();
  const farewell = socket.said.at(-1);
  socket.says({ type: "summary", audio_ms: 100, classified_ms: 100, gap_ms: 0, events: 1, reason: "close" });
  socket.drops(1000);

  assert.deepEqual(farewell, { type: "close" });
  assert.equal((await summary).audio_ms, 100);
});

test("closing does not wait for ever", async () => {
  const { link } = openLink();

  const summary = link.close();
  mock.timers.tick(15_000);

  assert.equal(await summary, null);
});

test("finalize resolves with how far the words are written down", async () => {
  const { link, socket } = openLink();

  const finalized = link.finalize();
  socket.says({ type: "finalized", through_sample: 16_000 });

  assert.equal((await finalized).through_sample, 16_000);
});

for (const code of [4401, 4403, 4404, 4409, 4410, 4413]) {
  test(`close code ${code} is the end`, () => {
    const { link, socket } = openLink();
    const byes = listenTo(link, "bye");

    socket.says({ type: "bye", code, reason: "because" }).drops(code);
    mock.timers.tick(600_000);

    assert.deepEqual(byes, [{ code, reason: "because" }]);
    assert.equal(FakeWebSocket.all.length, 1);
  });
}

test("a server that asks for patience gets it", () => {
  const { socket } = openLink();

  socket.says({ type: "error", code: "rate_limited", message: "", fatal: true, retry_after_s: 8 }).drops(4429);
  mock.timers.tick(7_900);
  const before = FakeWebSocket.all.length;
  mock.timers.tick(200);

  assert.deepEqual([before, FakeWebSocket.all.length], [1, 2]);
});

test("a line that takes sound and says nothing for 20 s is given up", () => {
  const { link } = openLink();
  range(0, 30).forEach((number) => link.push(frame(number)));

  mock.timers.tick(20_000);
  mock.timers.tick(500);

  assert.equal(FakeWebSocket.all.length, 2);
});

test("a muted line may be silent", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 15);
  link.mute();

  mock.timers.tick(120_000);

  assert.equal(FakeWebSocket.all.length, 1);
});

test("sound of another device in between is not told twice", () => {
  const { link, socket } = openLink();
  speak(link, socket, 0, 5);

  const again = reconnect(500_000);
  link.push(frame(77));

  assert.deepEqual(numbers(again), [77]);
});
