import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";

import { Announcer } from "../../static/js/lib/announcer.js";
import { CallLine } from "../../static/js/lib/call_line.js";
import { CalmTone } from "../../static/js/lib/calm_tone.js";
import { measuredName } from "../../static/js/lib/known_tones.js";
import { LastLines } from "../../static/js/lib/last_lines.js";
import { SessionClock } from "../../static/js/lib/session_clock.js";
import { StatusBoard, statusOf } from "../../static/js/lib/status.js";
import { steadyWords, wordsOf } from "../../static/js/lib/steady_text.js";
import { timecode } from "../../static/js/lib/time_words.js";
import { ToneMatcher } from "../../static/js/lib/tone_matcher.js";
import { elcorPrefix, knownAffect, toneInWords, whyInWords } from "../../static/js/lib/tone_words.js";

const tone = (start_ms, end_ms, more = {}) => ({
  event_type: "tone", label: "Warm", band: "maybe", confidence: 0.5, speaker_id: "Speaker A", start_ms, end_ms, ...more,
});

/** Cases that the server's half of the rule has to pass as well (tests/annotation/test_tone_of_line.py). */
function readCases() {
  return JSON.parse(readFileSync(new URL("../tone_of_line.json", import.meta.url), "utf-8"));
}

test("a partial rewrites at most its last three words", () => {
  const shown = wordsOf("I would like to speak two a");

  const words = steadyWords(shown, wordsOf("Eye would like to speak to a person please"));

  assert.equal(words.join(" "), "I would like to speak to a person please");
});

test("a partial that only grows is appended to", () => {
  assert.deepEqual(steadyWords(["so", "I"], ["so", "I", "said"]), ["so", "I", "said"]);
});

for (const { name, events, tones } of readCases()) {
  test(name, () => {
    const matcher = new ToneMatcher();
    const found = {};

    for (const event of events) {
      if (event.seq) found[event.seq] = matcher.takeLine(event)?.label ?? null;
      else {
        const now = matcher.takeTone(event);
        if (now) found[now.seq] = now.tone.label;
      }
    }

    assert.deepEqual(found, tones);
  });
}

test("a tone says how sure it is", () => {
  assert.equal(toneInWords({ label: "Apologetic", band: "clear" }), "sounds apologetic");
  assert.equal(toneInWords({ label: "Apologetic", band: "maybe" }), "may sound apologetic");
  assert.equal(toneInWords({ label: "Apologetic", band: "unclear" }), "tone unclear");
});

test("Elcor says the tone first, as the exports do", () => {
  assert.equal(elcorPrefix({ label: "Apologetic", band: "clear" }), "[Apologetic]");
  assert.equal(elcorPrefix({ label: "Apologetic", band: "maybe" }), "[Maybe apologetic]");
  assert.equal(elcorPrefix({ label: "Unclear", band: "unclear" }), "[Tone unclear]");
});

test("why names what was measured", () => {
  assert.equal(whyInWords({ prosody_flags: ["louder", "faster"], evidence: { f0_hz: 180 } }), "louder, faster");
});

test("a sentence about the tone is shown whatever its service calls it, and says nothing twice", () => {
  const evidence = { summary: "4 dB louder than their usual" };

  assert.equal(whyInWords({ prosody_flags: ["louder", "faster"], evidence }), "faster; 4 dB louder than their usual");
  assert.equal(whyInWords({ evidence: { why: "a sigh" } }), "a sigh");
});

test("what was measured is named in words, and what is foreign as it comes", () => {
  assert.equal(measuredName("louder"), "louder");
  assert.equal(whyInWords({ prosody_flags: ["creaky"] }), "creaky");
});

test("big captions show a tone again when its line comes back", () => {
  const lines = new LastLines(3);
  const said = { event_type: "transcript", seq: 1, utterance_id: "u", speaker_id: "A", text: "Hello.", start_ms: 0, end_ms: 900 };
  lines.take(said);
  lines.take(tone(0, 900, { speaker_id: "A" }));

  lines.revise(1, { ...said, text: "", removed: true });
  const is_removed = lines.all[0].is_removed;
  lines.revise(1, said);

  assert.deepEqual([is_removed, lines.all[0].is_removed], [true, false]);
  assert.deepEqual([lines.all[0].text, lines.all[0].tone.label], ["Hello.", "Warm"]);
});

test("an affect nobody knows does not reach the page", () => {
  assert.equal(knownAffect("x\" onload=\""), "neutral");
});

test("the tone of the moment changes at most once in 5 s", () => {
  const calm = new CalmTone();

  assert.equal(calm.take(tone(0, 1, { label: "Warm" }), 0), true);
  assert.equal(calm.take(tone(0, 1, { label: "Urgent" }), 4_999), false);
  assert.equal(calm.take(tone(0, 1, { label: "Urgent" }), 5_000), true);
});

test("a clear tone does not wait", () => {
  const calm = new CalmTone();
  calm.take(tone(0, 1), 0);

  assert.equal(calm.take(tone(0, 1, { label: "Urgent", band: "clear" }), 100), true);
});

test("hold music goes on until a person speaks", () => {
  const call = new CallLine();
  call.take({ event_type: "queue", label: "hold_music", start_ms: 2_000 });
  call.take({ event_type: "queue", label: "hold_music", start_ms: 3_000 });
  const on_hold = call.current;

  call.take({ event_type: "speaker", label: "human_single", start_ms: 9_000 });

  assert.equal(on_hold.since_ms, 2_000);
  assert.equal(call.current, null);
});

test("the session's clock runs on between events, and stands still when nothing comes", () => {
  const clock = new SessionClock();
  clock.hear(10_000, 0);

  assert.equal(clock.at(3_000), 13_000);
  assert.equal(clock.at(600_000), 30_000);
});

const facts = {
  session: "running", feed: "open", bye: null, microphone: "on", has_sound: true, is_elsewhere: false,
  service: "ready", service_detail: "", lag_ms: 0,
};
const STATUSES = [
  ["Listening", {}],
  ["No sound", { has_sound: false }],
  ["Reconnecting, keeping the last 30 s", { microphone: "reconnecting" }],
  ["Reconnecting, words are being missed", { microphone: "reconnecting", is_losing: true }],
  ["Reconnecting", { feed: "reconnecting" }],
  ["Voice service down", { service: "unavailable" }],
  ["6 s behind", { lag_ms: 6_200 }],
  ["Muted", { microphone: "muted" }],
  ["Microphone silenced", { is_silenced: true }],
  ["Muted", { microphone: "muted", is_silenced: true }],
  ["Microphone paused", { microphone: "paused" }],
  ["Microphone lost", { microphone: "lost" }],
  ["Microphone is off", { microphone: "off" }],
  ["Listening", { microphone: "off", is_elsewhere: true }],
  ["Ended", { session: "stopped", feed: "reconnecting" }],
  ["Stopped", { bye: 4401 }],
];
for (const [words, change] of STATUSES) {
  test(`"${words}" is the status with ${JSON.stringify(change)}`, () => {
    assert.equal(statusOf({ ...facts, ...change }).words, words);
  });
}

test("the board speaks only when what it shows changes", () => {
  const board = new StatusBoard();
  const heard = [];
  board.addEventListener("change", ({ detail }) => heard.push(detail.words));

  board.update({ feed: "open", microphone: "on", lag_ms: 100 });
  board.update({ lag_ms: 900 });
  board.update({ has_sound: false });

  assert.deepEqual(heard, ["Listening", "No sound"]);
});

test("announcements are gathered for two seconds", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const announcer = new Announcer((text) => said.push(text));

  announcer.take("One.");
  mock.timers.tick(1_999);
  announcer.take("Two.");
  mock.timers.tick(1);

  assert.deepEqual(said, ["One. Two."]);
});

test("times read like a clock", () => {
  assert.deepEqual([0, 83_000, 3_683_000].map(timecode), ["0:00", "1:23", "1:01:23"]);
});
