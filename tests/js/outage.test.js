import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { MicrophoneLink } from "../../static/js/lib/microphone_link.js";
import { isReachable } from "../../static/js/lib/reach.js";
import { FakeWebSocket } from "./fakes.js";

const SECOND = new Int16Array(16_000);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

function linkAfter(seconds) {
  const link = new MicrophoneLink({ url: "ws://linnet/audio/", WebSocket: FakeWebSocket, random: () => 0.5 });
  link.start();
  for (let second = 0; second < seconds; second += 1) link.push(SECOND);
  return link;
}

test("words are missed once half a minute is kept that nobody took", () => {
  assert.deepEqual([20, 40].map((seconds) => linkAfter(seconds).is_losing), [false, true]);
});

for (const [is_there, answer] of [[true, { status: 200 }], [true, { status: 401 }], [false, { status: 502 }]]) {
  test(`a server that answers ${answer.status} is ${is_there ? "there" : "away"}`, async () => {
    assert.equal(await isReachable("/sessions/x/", async () => answer), is_there);
  });
}

test("a server that does not answer is away", async () => {
  assert.equal(await isReachable("/sessions/x/", async () => { throw new TypeError("Failed to fetch"); }), false);
});
