// Where the sound comes from: the microphone, a browser tab, or both.

import { t } from "./words.js";

/** What went wrong when the browser gave no sound, and what to do about it. */
export class SoundRefused extends Error {
  constructor(words, steps = []) {
    super(words);
    this.steps = steps;
  }
}

/**
 * Return the streams of `source` ("microphone", "tab", "both"). `is_raw` switches the browser's own clean-up off:
 * better for tone, worse with an echo. Raises `SoundRefused`.
 */
export async function openStreams({ source, is_raw }) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new SoundRefused(t("This browser gives no access to a microphone here."), [
      t("Open Linnet with an address that begins with https://."),
      t("Use a current Firefox, Chrome, Edge or Safari."),
    ]);
  }
  const streams = [];
  try {
    if (source !== "microphone") streams.push(await openTab());
    if (source !== "tab") streams.push(await openMicrophone(is_raw));
  } catch (error) {
    streams.forEach(closeStream);
    throw error instanceof SoundRefused ? error : refusalOf(error);
  }
  return streams;
}

export function closeStream(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** The settings in force, without anything that identifies the device. */
export function settingsOf(stream) {
  const { sampleRate, channelCount, echoCancellation, noiseSuppression, autoGainControl } =
    stream.getAudioTracks()[0]?.getSettings() ?? {};
  return { sampleRate, channelCount, echoCancellation, noiseSuppression, autoGainControl };
}

function openMicrophone(is_raw) {
  const clean_up = !is_raw;
  return navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: clean_up, noiseSuppression: clean_up, autoGainControl: clean_up },
  });
}

async function openTab() {
  if (!navigator.mediaDevices.getDisplayMedia) {
    throw new SoundRefused(t("This browser cannot share a tab's sound."), [t("Use Chrome or Edge on a computer.")]);
  }
  // Browsers refuse to share sound alone, so a picture is asked for and let go at once.
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
  for (const track of stream.getVideoTracks()) track.stop();
  if (stream.getAudioTracks().length) return stream;
  throw new SoundRefused(t("The tab was shared without its sound."), [
    t("Choose a tab, not a window or the whole screen."),
    t("Switch on “Also share tab audio” in the browser's dialogue."),
  ]);
}

/** What there is to say when a device ended by itself: it is gone, or the permission was taken back. */
export async function lossOf() {
  if (await isForbidden()) return new SoundRefused(t("The browser no longer lets Linnet listen."), ALLOW_STEPS);
  return new SoundRefused(t("The microphone was lost. Linnet hears nothing now."), [
    t("Plug it in again or choose another."),
    t("Press “Start again”."),
  ]);
}

async function isForbidden() {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state === "denied";
  } catch {
    return false; // a browser that does not tell
  }
}

const ALLOW_STEPS = [
  t("Press the icon at the left end of the address bar."),
  t("Set Microphone to “Allow”."),
  t("Then press the button again."),
];

function refusalOf(error) {
  switch (error.name) {
    case "NotAllowedError":
      return new SoundRefused(t("The browser did not let Linnet listen."), ALLOW_STEPS);
    case "NotFoundError":
      return new SoundRefused(t("No microphone was found."), [t("Plug one in, or switch it on."), t("Then press the button again.")]);
    case "NotReadableError":
      return new SoundRefused(t("Another app is using the microphone."), [t("Close that app."), t("Then press the button again.")]);
    default:
      return new SoundRefused(t("The microphone could not be opened."), [t("The browser says: {problem}.", { problem: error.name })]);
  }
}
