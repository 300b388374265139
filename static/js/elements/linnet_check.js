// Before the call: who listens, whether the microphone hears, how late captions come.

import { Capture } from "../lib/capture.js";
import { inWords } from "../lib/close_codes.js";
import { closeStream, openStreams, SoundRefused } from "../lib/sound_source.js";
import { median, Trial } from "../lib/trial.js";
import { n, t } from "../lib/words.js";
import { every, partsOf, setText, socketUrl } from "./parts.js";

const ASK_EVERY_MS = 3_000;
const METER_RANGE_DB = 60;
const LOUD_DBFS = -45; // speech into a laptop from an arm's length
const LOUD_ENOUGH_FRAMES = 5; // half a second of it, all in all
const WITHOUT_CAPTION_MS = 25_000;
const LONGEST_MS = 90_000;
const LATE_MS = 3_000;

export class LinnetCheck extends HTMLElement {
  #lifetime = null;
  #part = null;
  #capture = null;
  #trial = null;
  #loud_frames = 0;
  #delays_ms = [];
  #began_ms = 0;

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    const { signal } = this.#lifetime;
    this.#part("begin").addEventListener("click", () => void this.#begin(), { signal });
    this.#part("finish").addEventListener("click", () => void this.#finish(), { signal });
    addEventListener("pagehide", () => void this.#finish(), { signal });
    every(ASK_EVERY_MS, () => void this.#askEngine(), signal);
    every(1_000, () => this.#lookAtClock(), signal);
    this.#part("begin").hidden = false;
    void this.#askEngine();
  }

  disconnectedCallback() {
    void this.#finish();
    this.#lifetime.abort();
  }

  async #askEngine() {
    if (document.hidden) return;
    try {
      const response = await fetch(this.dataset.stateUrl, { headers: { Accept: "application/json" } });
      const { status, detail } = await response.json();
      this.#say("engine", engineInWords(status, detail ?? ""), verdictOf(status));
    } catch {
      this.#say("engine", t("Linnet cannot be reached at the moment."), "trouble");
    }
  }

  async #begin() {
    this.#part("begin").hidden = true;
    this.#refuse(null);
    try {
      await this.#open(await openStreams({ source: "microphone", is_raw: false }));
    } catch (error) {
      await this.#finish();
      this.#refuse(error);
    }
  }

  async #open(streams) {
    if (!this.isConnected) return streams.forEach(closeStream);
    this.#loud_frames = 0;
    this.#delays_ms = [];
    this.#began_ms = performance.now();
    this.#capture = new Capture(streams);
    this.#part("finish").hidden = this.#part("meter").hidden = false;
    this.#say("microphone", t("Listening. Speak as you would on the telephone."), "");
    this.#say("delay", t("Waiting for a sentence."), "");
    this.#trial = this.#newTrial();
    this.#capture.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#capture.addEventListener("ended", () => void this.#finish());
    await this.#trial.begin(socketUrl);
    await this.#capture.start(this.dataset.workletUrl);
  }

  #newTrial() {
    const urls = { begin: this.dataset.beginUrl, end: this.dataset.endUrl };
    const trial = new Trial(urls, this.querySelector("form"));
    trial.addEventListener("caption", ({ detail }) => this.#takeCaption(detail));
    trial.addEventListener("over", ({ detail }) => void this.#stopped(detail.code));
    return trial;
  }

  #hear({ pcm, level_dbfs }) {
    this.#trial?.push(pcm);
    const share = Math.max(0, Math.min(1, 1 + level_dbfs / METER_RANGE_DB));
    this.#part("level").style.setProperty("--level", share.toFixed(2));
    if (level_dbfs > LOUD_DBFS) this.#loud_frames += 1;
    if (this.#loud_frames === LOUD_ENOUGH_FRAMES) this.#say("microphone", t("Linnet hears you."), "good");
  }

  #takeCaption({ text, delay_ms, is_simulated }) {
    this.#delays_ms.push(delay_ms);
    setText(this.#part("heard"), t("“{text}”", { text }));
    if (is_simulated) this.#say("delay", t("Not measured: a script answers here, and nobody listens."), "");
    else this.#say("delay", delayInWords(this.#delays_ms), median(this.#delays_ms) > LATE_MS ? "" : "good");
  }

  #lookAtClock() {
    if (!this.#trial) return;
    const running_ms = performance.now() - this.#began_ms;
    if (running_ms > LONGEST_MS) void this.#finish();
    else if (running_ms > WITHOUT_CAPTION_MS && !this.#delays_ms.length) this.#sayNothingCame();
  }

  #sayNothingCame() {
    if (this.#loud_frames < LOUD_ENOUGH_FRAMES) {
      this.#say("microphone", t("Very quiet. Move closer, or choose another microphone in your browser."), "trouble");
    }
    this.#say("delay", t("No caption yet. If the listener is still loading, wait a little and speak again."), "");
  }

  async #stopped(code) {
    await this.#finish();
    this.#say("microphone", inWords(code), "trouble");
  }

  async #finish() {
    const [capture, trial] = [this.#capture, this.#trial];
    this.#capture = this.#trial = null;
    this.#part("finish").hidden = this.#part("meter").hidden = true;
    this.#part("begin").hidden = false;
    if (trial) this.#sayHowItWent(await trial.end());
    await capture?.stop();
  }

  #sayHowItWent(is_deleted) {
    const was_heard = this.#loud_frames >= LOUD_ENOUGH_FRAMES;
    const heard = was_heard ? t("Linnet heard you.") : t("Linnet heard next to nothing.");
    const fate = is_deleted
      ? t("The words of this check are deleted.")
      : t("The words of this check are deleted as soon as Linnet can be reached.");
    this.#say("microphone", `${heard} ${fate}`, was_heard ? "good" : "trouble");
    if (!this.#delays_ms.length) this.#say("delay", t("Not measured: no caption came."), "");
  }

  #refuse(error) {
    const help = this.#part("help");
    const steps = error?.steps ?? [];
    help.replaceChildren(...steps.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    help.hidden = !steps.length;
    if (!error) return;
    const is_known = error instanceof SoundRefused;
    this.#say("microphone", is_known ? error.message : t("The check could not begin. Try again in a moment."), "trouble");
  }

  /** `verdict`: "good", "trouble", or "" as long as nobody knows. */
  #say(name, words, verdict) {
    const part = this.#part(name);
    setText(part, words);
    part.closest("[data-step]").dataset.verdict = verdict;
  }
}

function engineInWords(status, detail) {
  const words = {
    ready: t("Ready."),
    loading: t("Getting ready. The first captions may take a little longer."),
    simulated: t("Simulated: nobody listens, a script is played."),
    degraded: t("Works, with trouble."),
    warning: t("Works, with limits."),
    unavailable: t("Nobody can listen at the moment."),
  }[status];
  return [words ?? status, status === "loading" ? "" : detail].filter(Boolean).join(" ");
}

function verdictOf(status) {
  if (status === "ready") return "good";
  return status === "unavailable" ? "trouble" : "";
}

function delayInWords(delays_ms) {
  const seconds = (median(delays_ms) / 1000).toFixed(1);
  return n("{seconds} s, measured once. Say more to make sure.", "{seconds} s, the middle one of {count} measurements.", delays_ms.length, { seconds });
}

customElements.define("linnet-check", LinnetCheck);
