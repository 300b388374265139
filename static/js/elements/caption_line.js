// One line of the captions: the <li> of templates/sessions_app/line.html, filled in.

import { timecode } from "../lib/time_words.js";
import { elcorPrefix, knownAffect, knownBand, toneInWords } from "../lib/tone_words.js";
import { t } from "../lib/words.js";
import { setText } from "./parts.js";

/** Make the line of an event from the `<template>`; without its words yet. */
export function newLine(template, { event_type, seq, start_ms, end_ms = start_ms }) {
  const line = template.content.firstElementChild.cloneNode(true);
  line.dataset.kind = event_type;
  line.dataset.startMs = start_ms;
  line.dataset.endMs = end_ms;
  partOf(line, "time").textContent = timecode(start_ms);
  if (seq === null) {
    delete line.dataset.seq;
  } else {
    line.dataset.seq = seq;
    line.id = `line-${seq}`;
  }
  return line;
}

/** Fill in the words of a `transcript` event, as they stand now: said, corrected or removed. */
export function fillWords(line, { text, corrected, removed, off_record }) {
  line.toggleAttribute("data-removed", Boolean(removed));
  line.toggleAttribute("data-corrected", Boolean(corrected));
  line.toggleAttribute("data-off-record", Boolean(off_record));
  partOf(line, "text").textContent = removed ? t("A line was removed.") : text;
  partOf(line, "fate").textContent = fateInWords({ corrected, off_record });
}

export function fixTone(line, tone) {
  line.dataset.affect = knownAffect(tone.affect);
  line.dataset.band = knownBand(tone.band);
  partOf(line, "tone").textContent = toneInWords(tone);
  partOf(line, "elcor").textContent = `${elcorPrefix(tone)} `;
}

export function nameVoice(line, name) {
  setText(partOf(line, "speaker"), name);
}

/** The words of a line as somebody would pass them on: "Dr. Okafor: Please come in." */
export function lineAsText(line) {
  const name = partOf(line, "speaker").textContent;
  return name ? `${name}: ${wordsOfLine(line)}` : wordsOfLine(line);
}

export function wordsOfLine(line) {
  return partOf(line, "text").textContent.trim();
}

export function partOf(line, name) {
  return line.querySelector(`[data-part="${name}"]`);
}

function fateInWords({ corrected, off_record }) {
  if (off_record) return t("off the record");
  return corrected ? t("corrected") : "";
}
