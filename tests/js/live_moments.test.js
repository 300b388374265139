import assert from "node:assert/strict";
import { test } from "node:test";

import { LineIndex } from "../../static/js/lib/line_index.js";
import { NoteBook, noteInWords } from "../../static/js/lib/note_book.js";
import { SessionClock } from "../../static/js/lib/session_clock.js";
import { NotChanged, SessionEdits } from "../../static/js/lib/session_edits.js";
import { Shortcuts } from "../../static/js/lib/shortcuts.js";
import { SpeakerNames } from "../../static/js/lib/speaker_names.js";
import { ToneTrend } from "../../static/js/lib/tone_trend.js";
import { listenTo } from "./fakes.js";

function namesOf(...marks) {
  const names = new SpeakerNames();
  marks.forEach((mark) => names.hear(mark));
  return names;
}

test("a voice without a name has its mark, and an unknown one nothing", () => {
  const names = namesOf("Speaker A");

  assert.deepEqual(["Speaker A", "speaker_a", ""].map((mark) => names.of(mark)), ["Speaker A", "", ""]);
});

test("merged voices are one person", () => {
  const names = namesOf("Speaker B", "Speaker A", "Speaker C");

  names.replace({ "Speaker B": "Ann", "Speaker C": "Ann" });

  assert.deepEqual(names.people, [{ mark: "Speaker A", name: "Speaker A" }, { mark: "Speaker B", name: "Ann" }]);
});

test("a name that is taken back is gone", () => {
  const names = namesOf("Speaker A");
  names.replace({ "Speaker A": "Ann" });

  names.replace({});

  assert.equal(names.of("Speaker A"), "Speaker A");
});

test("names that stay the same are no news", () => {
  const names = namesOf();
  const changes = listenTo(names, "change");

  names.replace({ "Speaker A": "Ann" });
  names.replace({ "Speaker A": "Ann" });

  assert.equal(changes.length, 1);
});

test("notes stand in order of time, whenever they came", () => {
  const notes = new NoteBook();

  notes.take({ id: 1, at_ms: 5_000, text: "late" });
  notes.take({ id: 2, at_ms: 1_000, text: "early" });
  notes.take({ id: 1, at_ms: 5_000, text: "changed" });

  assert.deepEqual(notes.all.map(({ text }) => text), ["early", "changed"]);
});

test("only a note that was not known is new", () => {
  const notes = new NoteBook();
  notes.replace([{ id: 1, at_ms: 0, text: "before" }]);
  const changes = listenTo(notes, "change");

  notes.take({ id: 1, at_ms: 0, text: "after" });
  notes.take({ id: 2, at_ms: 0, text: "fresh" });
  notes.take({ id: 1, removed: true });

  assert.deepEqual(changes.map(({ is_new, removed_id }) => is_new ?? removed_id), [false, true, 1]);
});

test("a whisper says whose it is, and a bookmark that it is one", () => {
  assert.equal(noteInWords({ text: "a joke", author: "Sam" }), "Sam whispers: a joke");
  assert.equal(noteInWords({ text: "", author: "" }), "Bookmark");
});

function indexOf(...starts_ms) {
  const index = new LineIndex();
  starts_ms.forEach((start_ms) => index.add(start_ms, start_ms));
  return index;
}

test("a moment belongs to the last line that began by then", () => {
  const index = indexOf(0, 3_000, 6_000);

  assert.deepEqual([3_000, 5_999, 60_000].map((at_ms) => index.at(at_ms)), [3_000, 3_000, 6_000]);
});

test("a moment before the first line belongs to that one", () => {
  assert.equal(indexOf(4_000).at(10), 4_000);
  assert.equal(indexOf().at(10), null);
});

test("lines that come out of order are found in order", () => {
  assert.deepEqual(indexOf(6_000, 0, 3_000).since(3_000), [3_000, 6_000]);
});

test("a moment is past when a line began after it", () => {
  const index = indexOf(0, 3_000);

  assert.deepEqual([2_000, 3_000].map((at_ms) => index.isPast(at_ms)), [true, false]);
});

const tone = (affect, end_ms, more = {}) => ({
  affect, end_ms, band: "clear", shift_direction: "stable", speaker_id: "Speaker A", ...more,
});

test("the engine's own word on the trend counts", () => {
  const trend = new ToneTrend();

  assert.equal(trend.take(tone("neutral", 1_000, { shift_direction: "escalating" })), "rising");
  assert.equal(trend.take(tone("neutral", 2_000, { shift_direction: "de-escalating" })), "settling");
});

test("a voice that was calm and is frustrated is rising", () => {
  const trend = new ToneTrend();

  const said = ["neutral", "warm", "frustrated", "urgent"].map((affect, i) => trend.take(tone(affect, i * 1_000)));

  assert.deepEqual(said, ["", "", "", "rising"]);
});

test("another voice, an old tone and an unclear one say nothing about the trend", () => {
  const trend = new ToneTrend();
  trend.take(tone("frustrated", 0));
  trend.take(tone("urgent", 1_000));
  trend.take(tone("neutral", 2_000, { speaker_id: "Speaker B" }));
  trend.take(tone("neutral", 3_000, { band: "unclear" }));

  assert.equal(trend.take(tone("neutral", 200_000)), "");
});

function storageOf(values = {}) {
  return { getItem: (key) => values[key] ?? null, setItem: (key, value) => (values[key] = value) };
}

function keysOf(storage = storageOf()) {
  const keys = new Shortcuts(storage);
  const pressed = [];
  keys.on("b", () => pressed.push("b"), new AbortController().signal);
  return { keys, pressed };
}

const press = (key, more = {}) => ({ key, preventDefault: () => {}, target: { closest: () => null }, ...more });

test("a shortcut acts, whatever Caps Lock says", () => {
  const { keys, pressed } = keysOf();

  keys.press(press("b"));
  keys.press(press("B"));

  assert.deepEqual(pressed, ["b", "b"]);
});

for (const [why, more] of Object.entries({
  "somebody types": { target: { closest: (selector) => selector.includes("textarea") } },
  "a dialog is open": { target: { closest: (selector) => selector.startsWith("dialog") } },
  "the browser's own key is meant": { ctrlKey: true },
  "a key is held down": { repeat: true },
  "an input method composes": { isComposing: true },
  "somebody else took it": { defaultPrevented: true },
})) {
  test(`a shortcut keeps still while ${why}`, () => {
    const { keys, pressed } = keysOf();

    keys.press(press("b", more));

    assert.deepEqual(pressed, []);
  });
}

test("shortcuts that are switched off stay off on this device", () => {
  const storage = storageOf();
  keysOf(storage).keys.switch(false);
  const { keys, pressed } = keysOf(storage);

  keys.press(press("b"));

  assert.deepEqual(pressed, []);
  assert.equal(keys.areOn, false);
});

test("blocked storage leaves the shortcuts on", () => {
  const blocked = { getItem: () => { throw new Error("blocked"); } };

  assert.equal(new Shortcuts(blocked).areOn, true);
});

function editsThatGet(status, answer = {}) {
  const asked = [];
  const fetch = async (url, options) => {
    asked.push({ url, ...options });
    return { ok: status < 300, status, json: async () => answer };
  };
  return { edits: new SessionEdits("/sessions/x/", () => "token", fetch), asked };
}

test("a correction carries the words and the token", async () => {
  const { edits, asked } = editsThatGet(200, { revision: 4 });

  assert.deepEqual(await edits.correctWords(7, "hello there"), { revision: 4 });
  assert.equal(asked[0].url, "/sessions/x/lines/7/words/");
  assert.equal(asked[0].body.get("text"), "hello there");
  assert.equal(asked[0].headers["X-CSRFToken"], "token");
});

test("a removal resolves with what takes it back", async () => {
  const { edits, asked } = editsThatGet(200, { revision: 5, undo: "sealed" });

  await edits.putLineBack(7, await edits.removeLine(7));

  assert.equal(asked[1].url, "/sessions/x/lines/7/remove/");
  assert.equal(asked[1].body.get("undo"), "sealed");
});

test("a moment that nobody can tell is left to the server", async () => {
  const { edits, asked } = editsThatGet(200);

  await edits.addNote(null);
  await edits.goOnRecord(1_234.5);

  assert.equal(asked[0].body.has("at_ms"), false);
  assert.equal(asked[1].body.get("at_ms"), "1235");
});

for (const [status, words] of [[400, "Too long."], [401, "logged out"], [403, "Reload"], [404, "not there"], [500, "wrong"]]) {
  test(`status ${status} is said in plain words`, async () => {
    const { edits } = editsThatGet(status, { message: "Too long." });

    await assert.rejects(edits.removeLine(1), (error) => error instanceof NotChanged && error.message.includes(words));
  });
}

test("a server that cannot be reached is said in plain words", async () => {
  const edits = new SessionEdits("/sessions/x/", () => "", async () => { throw new TypeError("Failed to fetch"); });

  await assert.rejects(edits.removeLine(1), /nothing was changed/);
});

test("a clock that heard nothing for 20 s is stale", () => {
  const clock = new SessionClock();
  assert.equal(clock.isStale(1), true);

  clock.hear(5_000, 1_000);

  assert.deepEqual([21_000, 21_001].map((now_ms) => clock.isStale(now_ms)), [false, true]);
});
