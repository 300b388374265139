// The microphone of this device: start, mute, resume, and what to do when the browser says no.

import { Capture } from "../lib/capture.js";
import { inWords, SESSION_ENDED, TAKEN_OVER } from "../lib/close_codes.js";
import { MicrophoneLink, SAMPLE_RATE_HZ } from "../lib/microphone_link.js";
import { keepSoundChoice, readSoundChoice } from "../lib/sound_choice.js";
import { closeStream, lossOf, openStreams, settingsOf, SoundRefused } from "../lib/sound_source.js";
import { START_FLAG, takeFlag } from "../lib/tab_memory.js";
import { WakeLock } from "../lib/wake_lock.js";
import { t } from "../lib/words.js";
import { partsOf, setText, socketUrl } from "./parts.js";

const SOUND_DBFS = -55; // a still room behind a laptop's microphone lies near -60, soft speech near -40
const SILENCE_MS = 10_000;
const METER_RANGE_DB = 60;

export class LinnetMicrophone extends HTMLElement {
  #lifetime = null;
  #part = null;
  #capture = null;
  #link = null;
  #wake_lock = new WakeLock();
  #is_muted = false;
  #is_connected = false;
  #last_sound_ms = 0;
  #deaf_since_ms = null; // wall time since which the device records nothing

  connectedCallback() {
    this.#lifetime = new AbortController();
    this.#part = partsOf(this);
    this.#listen(this.#lifetime.signal);
    this.#recallChoice();
    this.#show();
    const was_on = takeFlag(START_FLAG);
    const was_on_here = sessionStorage.getItem(this.#ownFlag) !== null;
    // Browsers share a tab only for somebody who presses a button on this very page.
    const may_start = this.#choice.source === "microphone";
    if (may_start && (was_on || was_on_here)) void this.#start({ take_over: was_on_here });
  }

  disconnectedCallback() {
    this.#lifetime.abort();
    this.#link?.abandon();
    void this.#release();
  }

  /** Send what is left and close. Resolves with the server's summary, null without a microphone or an answer. */
  async finish() {
    if (!this.#link) return null;
    const link = this.#link;
    await this.#release();
    return link.close();
  }

  get #live() {
    return this.closest("linnet-live");
  }

  /** Remembers for this tab that the microphone was on, so that a reload goes on listening. */
  get #ownFlag() {
    return `linnet.on.${this.dataset.audioPath}`;
  }

  get #choice() {
    return { source: this.#part("source").value, is_raw: this.#part("raw").checked };
  }

  #recallChoice() {
    const { source, is_raw } = readSoundChoice();
    this.#part("source").value = source;
    this.#part("raw").checked = is_raw;
  }

  get #state() {
    return this.#live.board.facts.microphone;
  }

  #become(microphone) {
    this.#live.board.update({ microphone });
    this.#show();
  }

  #listen(signal) {
    const on = (name, listener) => this.#part(name).addEventListener("click", listener, { signal });
    on("start", () => void this.#start({ take_over: this.#live.board.facts.is_elsewhere }));
    on("mute", () => this.#toggleMute());
    on("resume", () => void this.#resumeOrReplace());
    on("stop", () => void this.#stop());
    on("help-close", () => this.#help(null));
    for (const name of ["source", "raw"]) {
      this.#part(name).addEventListener("change", () => keepSoundChoice(this.#choice), { signal });
    }
    this.#live.board.addEventListener("change", () => this.#show(), { signal });
    addEventListener("online", () => this.#link?.hurry(), { signal });
    document.addEventListener("visibilitychange", () => this.#comeBack(), { signal });
  }

  async #start({ take_over }) {
    if (this.#state === "asking" || this.#capture) return;
    this.#help(null);
    this.#become("asking");
    try {
      const streams = await openStreams(this.#choice);
      if (!this.isConnected) return streams.forEach(closeStream);
      this.#open(streams, take_over);
      await this.#capture.start(this.dataset.workletUrl);
      await this.#wake_lock.hold();
    } catch (error) {
      this.#refused(error);
    }
  }

  #open(streams, take_over) {
    this.#capture = new Capture(streams);
    const { signal } = this.#lifetime;
    this.#capture.addEventListener("frame", ({ detail }) => this.#hear(detail), { signal });
    this.#capture.addEventListener("running", ({ detail }) => this.#runningIs(detail), { signal });
    this.#capture.addEventListener("ended", () => void this.#deviceLost(), { signal });
    this.#capture.addEventListener("silenced", ({ detail }) => this.#silencedIs(detail), { signal });
    this.#silencedIs(false);
    this.#last_sound_ms = performance.now();
    this.#become("connecting");
    if (!this.#link) this.#connect(settingsOf(streams.at(-1)), take_over);
  }

  #connect(settings, take_over) {
    const { windowMs, language, numSpeakers } = this.dataset;
    this.#link = new MicrophoneLink({
      url: socketUrl(this.dataset.audioPath),
      configuration: {
        window_ms: Number(windowMs),
        ...(language && { language }),
        ...(numSpeakers && { num_speakers: Number(numSpeakers) }),
        take_over,
        settings,
      },
    });
    const { signal } = this.#lifetime;
    const on = (type, listener) => this.#link.addEventListener(type, ({ detail }) => listener(detail), { signal });
    on("connection", ({ state }) => this.#connectionIs(state));
    on("service", ({ status, detail }) => this.#live.serviceIs(status, detail));
    on("ready", ({ engine }) => engine?.simulated && this.#live.serviceIs("simulated"));
    on("flow", ({ lag_ms }) => this.#live.board.update({ lag_ms }));
    on("ack", ({ lag_ms }) => this.#live.board.update({ lag_ms }));
    on("bye", ({ code }) => this.#over(code));
    this.#link.start();
    sessionStorage.setItem(this.#ownFlag, "1");
  }

  #connectionIs(state) {
    this.#is_connected = state === "open";
    if (state === "open") this.#become(this.#stateWhenOpen());
    else if (state === "reconnecting") this.#become("reconnecting");
  }

  #stateWhenOpen() {
    if (!this.#capture) return "lost";
    if (!this.#capture.isRunning) return "paused";
    return this.#is_muted ? "muted" : "on";
  }

  #hear({ pcm, level_dbfs }) {
    this.#link?.push(pcm);
    const now_ms = performance.now();
    if (level_dbfs > SOUND_DBFS) this.#last_sound_ms = now_ms;
    const has_sound = this.#is_muted || now_ms - this.#last_sound_ms < SILENCE_MS;
    const is_losing = Boolean(this.#link?.is_losing) && !this.#is_muted;
    this.#live.board.update({ has_sound, is_losing });
    const share = this.#is_muted || is_losing ? 0 : Math.max(0, Math.min(1, 1 + level_dbfs / METER_RANGE_DB));
    this.#part("level").style.setProperty("--level", share.toFixed(2));
  }

  #toggleMute() {
    this.#is_muted = !this.#is_muted;
    if (this.#is_muted) this.#link.mute();
    else this.#link.unmute();
    this.#last_sound_ms = performance.now();
    if (["on", "muted"].includes(this.#state)) this.#become(this.#stateWhenOpen());
    this.#show();
  }

  #runningIs(is_running) {
    if (is_running) this.#endDeafness();
    else this.#deaf_since_ms ??= performance.now();
    if (this.#is_connected && this.#capture) this.#become(this.#stateWhenOpen());
  }

  #silencedIs(is_silenced) {
    this.#live.board.update({ is_silenced });
  }

  /** Say how long the device recorded nothing, so that the session's clock tells the truth. */
  #endDeafness() {
    if (this.#deaf_since_ms === null) return;
    const deaf_ms = performance.now() - this.#deaf_since_ms;
    this.#deaf_since_ms = null;
    this.#link?.skip(Math.round((deaf_ms * SAMPLE_RATE_HZ) / 1000));
  }

  async #resume() {
    await this.#capture?.resume();
  }

  /** As asked by a person: a browser that does not let the sound go on (iOS, after a call) gives a new one. */
  async #resumeOrReplace() {
    await this.#resume();
    if (!this.#capture || this.#capture.isRunning) return;
    await this.#release();
    await this.#start({ take_over: false });
  }

  #comeBack() {
    if (document.hidden) return;
    this.#link?.hurry();
    if (this.#capture && !this.#capture.isRunning) void this.#resume();
  }

  async #deviceLost() {
    this.#deaf_since_ms ??= performance.now();
    void this.#release();
    this.#become("lost");
    const { message, steps } = await lossOf();
    if (this.#state === "lost") this.#help({ words: message, steps });
  }

  async #stop() {
    await this.finish();
    this.#become("off");
  }

  async #release() {
    const capture = this.#capture;
    this.#capture = null;
    this.#wake_lock.release();
    await capture?.stop();
  }

  #refused(error) {
    const words = error instanceof SoundRefused ? error.message : t("The microphone could not be started.");
    void this.#release();
    this.#become(this.#link ? "lost" : "off");
    this.#help({ words, steps: error.steps ?? [] });
    if (!(error instanceof SoundRefused)) throw error;
  }

  #over(code) {
    this.#link = null;
    this.#is_muted = false;
    this.#is_connected = false;
    this.#deaf_since_ms = null;
    sessionStorage.removeItem(this.#ownFlag);
    void this.#release();
    this.#become("off");
    if (code === SESSION_ENDED) this.#live.board.update({ session: "stopped" });
    else if (code === TAKEN_OVER) this.#takenOver();
    else if (code !== 1000) this.#live.board.update({ bye: code });
  }

  #takenOver() {
    this.#live.board.update({ is_elsewhere: true });
    this.#help({ words: inWords(TAKEN_OVER), steps: [] });
  }

  #help(help) {
    const box = this.#part("help");
    box.hidden = help === null;
    if (!help) return;
    setText(this.#part("help-words"), help.words);
    this.#part("help-steps").replaceChildren(
      ...help.steps.map((step) => Object.assign(document.createElement("li"), { textContent: step })),
    );
  }

  #show() {
    const { microphone, session, is_elsewhere, bye } = this.#live.board.facts;
    const is_over = session === "stopped" || bye !== null;
    const is_off = microphone === "off" || microphone === "lost";
    const is_live = ["on", "muted", "reconnecting", "paused"].includes(microphone);
    this.dataset.state = microphone;
    if (is_over) this.#help(null);
    this.#part("start").hidden = is_over || !is_off;
    setText(this.#part("start-words"), startWords(microphone, is_elsewhere));
    this.#part("settings").hidden = is_over || !is_off;
    this.#part("mute").hidden = !is_live || is_over;
    setText(this.#part("mute-words"), this.#is_muted ? t("Unmute") : t("Mute"));
    this.#part("stop").hidden = !is_live || is_over;
    this.#part("resume").hidden = microphone !== "paused";
    this.#part("meter").hidden = !is_live || is_over;
  }
}

function startWords(microphone, is_elsewhere) {
  if (microphone === "lost") return t("Start again");
  return is_elsewhere ? t("Use this device's microphone") : t("Start microphone");
}

customElements.define("linnet-microphone", LinnetMicrophone);
