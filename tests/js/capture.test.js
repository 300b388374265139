import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.AudioWorkletProcessor = class {};
globalThis.sampleRate = 48_000;
globalThis.registerProcessor = () => {};
const { Framer, Resampler } = await import("../../static/js/worklets/capture.js");

const RATES_HZ = [8_000, 16_000, 44_100, 48_000, 96_000];
const BLOCK = 128;

function sine(frequency_hz, rate_hz, seconds = 1) {
  const step = (2 * Math.PI * frequency_hz) / rate_hz;
  return Float32Array.from({ length: rate_hz * seconds }, (_, n) => Math.sin(step * n));
}

function resample(samples, rate_hz) {
  const resampler = new Resampler(rate_hz);
  const output = [];
  for (let at = 0; at < samples.length; at += BLOCK) output.push(...resampler.push(samples.subarray(at, at + BLOCK)));
  return Float32Array.from(output);
}

function dbfs(samples) {
  return 10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

/** Level of one frequency, in dB relative to a full-scale sine, by projection. */
function levelAt(frequency_hz, samples) {
  let re = 0;
  let im = 0;
  samples.forEach((x, n) => {
    re += x * Math.cos((2 * Math.PI * frequency_hz * n) / 16_000);
    im += x * Math.sin((2 * Math.PI * frequency_hz * n) / 16_000);
  });
  return 20 * Math.log10((2 * Math.hypot(re, im)) / samples.length);
}

const settled = (samples) => samples.subarray(800, samples.length - 800);

for (const rate_hz of RATES_HZ) {
  test(`one second at ${rate_hz} Hz becomes one second at 16 kHz`, () => {
    const output = resample(sine(440, rate_hz, 10), rate_hz);

    assert.ok(Math.abs(output.length - 160_000) < 400, `${output.length} samples`);
  });

  test(`speech frequencies at ${rate_hz} Hz keep their level`, () => {
    for (const frequency_hz of [200, 1_000, 3_000]) {
      const level_db = levelAt(frequency_hz, settled(resample(sine(frequency_hz, rate_hz), rate_hz)));

      assert.ok(Math.abs(level_db) < 0.2, `${frequency_hz} Hz: ${level_db} dB`);
    }
  });
}

for (const rate_hz of [44_100, 48_000, 96_000]) {
  test(`what 16 kHz cannot hold is gone below -40 dB from ${rate_hz} Hz`, () => {
    for (let frequency_hz = 8_100; frequency_hz < Math.min(rate_hz / 2, 24_000); frequency_hz += 730) {
      const alias_db = dbfs(settled(resample(sine(frequency_hz, rate_hz), rate_hz))) + 3;

      assert.ok(alias_db < -60, `${frequency_hz} Hz comes back at ${alias_db.toFixed(1)} dB`);
    }
  });
}

test("going up from 8 kHz leaves no mirror image", () => {
  const output = settled(resample(sine(3_000, 8_000), 8_000));

  assert.ok(levelAt(5_000, output) < -60);
});

test("the size of the blocks does not change the sound", () => {
  const samples = sine(700, 44_100);

  const whole = new Resampler(44_100).push(samples);

  assert.deepEqual(resample(samples, 44_100), whole);
});

test("an unusual rate still gives the right pitch", () => {
  const output = settled(resample(sine(1_000, 44_099), 44_099));

  assert.ok(Math.abs(levelAt(1_000, output)) < 0.5);
});

test("a frame is 100 ms of 16-bit samples with its level", () => {
  const frames = new Framer().push(sine(1_000, 16_000, 0.25));

  assert.equal(frames.length, 2);
  assert.equal(frames[0].pcm.byteLength, 3_200);
  assert.ok(Math.abs(frames[0].level_dbfs + 3.01) < 0.05);
});

test("digital silence has a level and not minus infinity", () => {
  const [frame] = new Framer().push(new Float32Array(1_600));

  assert.equal(frame.level_dbfs, -100);
});

test("too loud is clipped, not wrapped round", () => {
  const [frame] = new Framer().push(new Float32Array(1_600).fill(1.5));

  assert.equal(frame.pcm[0], 32_767);
});
