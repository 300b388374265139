// Words of tones in another language. The catalogue is there before the module, as on a page: hence the late import.

import assert from "node:assert/strict";
import { test } from "node:test";

const GERMAN = new Map([
  ["Tense or excited", "Angespannt oder aufgeregt"], ["may sound {tone}", "klingt vielleicht {tone}"],
  ["[Maybe {tone}]", "[Vielleicht {tone}]"], ["louder", "lauter"], ["They may be sorry about this.", "Es tut wohl leid."],
]);
globalThis.django = { gettext: (words) => GERMAN.get(words) ?? words };
const { meaningOf } = await import("../../static/js/lib/known_tones.js");
const { elcorPrefix, toneInWords, whyInWords } = await import("../../static/js/lib/tone_words.js");

test("a tone of ours is said in the reader's language", () => {
  assert.equal(toneInWords({ label: "Tense or excited", band: "maybe" }), "klingt vielleicht angespannt oder aufgeregt");
  assert.equal(elcorPrefix({ label: "Tense or excited", band: "maybe" }), "[Vielleicht angespannt oder aufgeregt]");
  assert.equal(elcorPrefix({ label: "Tense or excited", band: "clear" }), "[Angespannt oder aufgeregt]");
});

test("so is why it sounds so, and what it may mean", () => {
  assert.equal(whyInWords({ prosody_flags: ["louder", "creaky"] }), "lauter, creaky");
  assert.equal(meaningOf("They may be sorry about this."), "Es tut wohl leid.");
  assert.equal(meaningOf(), "");
});

test("what another listener says is shown as it comes", () => {
  assert.equal(elcorPrefix({ label: "Wry", band: "clear" }), "[Wry]");
  assert.equal(meaningOf("A smile in the voice."), "A smile in the voice.");
});
