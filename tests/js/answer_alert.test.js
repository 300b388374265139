import assert from "node:assert/strict";
import { test } from "node:test";

import { AnswerAlert } from "../../static/js/lib/answer_alert.js";

const AT_MS = 60_000;
const recorded = (end_ms) => ({ event_type: "speaker", label: "ivr_synth", end_ms });

function raised() {
  const alert = new AnswerAlert();
  alert.raise({ kind: "human_picked_up", at_ms: AT_MS }, AT_MS);
  return alert;
}

test("an answer is not said to be a person", () => {
  assert.equal(raised().words, "Somebody or a recording answered");
});

test("an answer calls once, and only while it is news", () => {
  const alert = raised();

  assert.equal(alert.raise({ kind: "human_picked_up", at_ms: AT_MS }, AT_MS), false);
  assert.equal(alert.raise({ kind: "human_picked_up", at_ms: AT_MS + 1 }, AT_MS + 40_000), false);
});

test("an answer that speaks like a recording is taken back", () => {
  const alert = raised();

  assert.equal(alert.hear(recorded(AT_MS - 1)), false);
  assert.equal(alert.hear(recorded(AT_MS + 5_000)), true);
  assert.equal(alert.words, "Probably a recorded voice");
});

test("a recording that speaks when nothing is said is no news", () => {
  const alert = raised();
  alert.end();

  assert.equal(alert.hear(recorded(AT_MS + 5_000)), false);
});

test("an alert has had its time after half a minute", () => {
  const alert = raised();

  assert.deepEqual([alert.age(29_000), alert.age(1_000)], [false, true]);
});
