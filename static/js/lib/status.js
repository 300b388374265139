// One status in plain words, from everything that is known. The same words stand everywhere.

import { inWords } from "./close_codes.js";
import { t } from "./words.js";

const LAG_WORTH_SAYING_MS = 2_500; // a window and an utterance's end are normal

/**
 * `facts`: `session` running|stopped, `feed` connecting|open|reconnecting|closed, `bye` a close code or null,
 * `microphone` off|asking|connecting|on|muted|paused|reconnecting|lost, `has_sound`, `is_silenced` (by the device),
 * `is_losing` (sound that was kept is pushed out), `is_elsewhere` (another device's microphone), `service`,
 * `service_detail`, `lag_ms`. Returns `{key, words, detail}`; `key` is for the style sheet.
 */
export function statusOf(facts) {
  const special = whenOver(facts) ?? whenDisconnected(facts) ?? whenVoiceIsDown(facts) ?? whenNotHearing(facts);
  return special ?? whenListening(facts);
}

function whenOver({ session, bye }) {
  if (session === "stopped") return say("ended", t("Ended"), t("Everything that was captioned is saved."));
  if (bye !== null) return say("over", t("Stopped"), inWords(bye));
  return null;
}

function whenDisconnected({ feed, microphone, is_losing }) {
  if (microphone === "reconnecting" && is_losing) {
    return say("down", t("Reconnecting, words are being missed"), t("Only the last 30 s can be kept."));
  }
  if (microphone === "reconnecting") return say("reconnecting", t("Reconnecting, keeping the last 30 s"), "");
  if (feed === "reconnecting") return say("reconnecting", t("Reconnecting"), t("Captions will catch up."));
  if (feed === "connecting") return say("reconnecting", t("Connecting"), "");
  return null;
}

function whenVoiceIsDown({ service, service_detail }) {
  if (service === "unavailable") return say("down", t("Voice service down"), service_detail || t("Linnet keeps trying."));
  if (service === "loading") return say("waiting", t("Voice service is starting"), service_detail);
  return null;
}

function whenNotHearing({ microphone, has_sound, is_silenced, is_elsewhere }) {
  switch (microphone) {
    case "asking": return say("waiting", t("Waiting for permission"), t("Your browser asks whether Linnet may listen."));
    case "connecting": return say("waiting", t("Starting"), "");
    case "lost": return say("down", t("Microphone lost"), t("It was unplugged, another app took it, or it is not allowed any more."));
    case "paused": return say("down", t("Microphone paused"), t("The device paused it. Tap Resume to go on."));
    case "muted": return say("muted", t("Muted"), t("Nothing is captioned until you unmute."));
    case "off": return is_elsewhere ? null : say("idle", t("Microphone is off"), "");
  }
  if (is_silenced && microphone === "on") {
    return say("down", t("Microphone silenced"), t("The device or another app holds it back. Linnet goes on when it is free."));
  }
  return has_sound ? null : say("quiet", t("No sound"), t("Linnet listens, but hears nothing."));
}

function whenListening({ lag_ms, service, service_detail, is_elsewhere, microphone }) {
  if (lag_ms >= LAG_WORTH_SAYING_MS) {
    return say("behind", t("{seconds} s behind", { seconds: Math.round(lag_ms / 1000) }), t("Captions come late. Nothing is lost yet."));
  }
  if (service === "degraded" || service === "warning") return say("behind", t("Listening, with trouble"), service_detail);
  const is_watching = is_elsewhere && microphone === "off";
  return say("listening", t("Listening"), is_watching ? t("On another device.") : "");
}

function say(key, words, detail) {
  return { key, words, detail: detail ?? "" };
}

/** Holds the facts and emits `change` with the status whenever what is to be shown differs. */
export class StatusBoard extends EventTarget {
  #facts = {
    session: "running",
    feed: "connecting",
    bye: null,
    microphone: "off",
    has_sound: true,
    is_silenced: false,
    is_losing: false,
    is_elsewhere: false,
    service: "ready",
    service_detail: "",
    lag_ms: 0,
  };
  #shown = null;

  get facts() {
    return this.#facts;
  }

  get status() {
    return statusOf(this.#facts);
  }

  update(facts) {
    this.#facts = { ...this.#facts, ...facts };
    const status = this.status;
    if (JSON.stringify(status) === JSON.stringify(this.#shown)) return;
    this.#shown = status;
    this.dispatchEvent(new CustomEvent("change", { detail: status }));
  }
}
