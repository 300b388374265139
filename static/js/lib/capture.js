// Streams of the browser → frames of 16 kHz sound, by way of the capture worklet.

/**
 * Emits `frame` with `{pcm: Int16Array, level_dbfs}`, `ended` when a device went away, `running` with a boolean when
 * the browser pauses the sound or lets it go on (a call comes in, the screen locks), and `silenced` with a boolean when
 * the device gives only silence (a switch, another app) or its sound again.
 */
export class Capture extends EventTarget {
  #streams;
  #context = null;
  #wires = new AbortController();

  constructor(streams) {
    super();
    this.#streams = streams;
  }

  get isRunning() {
    return this.#context?.state === "running";
  }

  async start(worklet_url) {
    // The device's own rate: Firefox refuses to connect a microphone to a context of another rate.
    this.#context = new AudioContext({ latencyHint: "interactive" });
    const context = this.#context;
    await context.audioWorklet.addModule(worklet_url);
    const node = new AudioWorkletNode(context, "linnet-capture", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => this.#emit("frame", data);
    for (const stream of this.#streams) context.createMediaStreamSource(stream).connect(node);
    this.#watch(context);
    await this.resume();
  }

  /** Ask the browser to go on. It may want a gesture first; `running` tells. */
  async resume() {
    if (this.#context?.state === "closed") return;
    // Without a gesture the promise of resume() stays open for ever, so it must not be waited for alone.
    await Promise.race([this.#context.resume(), new Promise((wake) => setTimeout(wake, 500))]);
    this.#emit("running", this.isRunning);
  }

  async stop() {
    this.#wires.abort();
    for (const stream of this.#streams) for (const track of stream.getTracks()) track.stop();
    if (this.#context && this.#context.state !== "closed") await this.#context.close();
  }

  #watch(context) {
    const { signal } = this.#wires;
    context.addEventListener("statechange", () => this.#emit("running", this.isRunning), { signal });
    for (const track of this.#streams.flatMap((stream) => stream.getAudioTracks())) {
      track.addEventListener("ended", () => this.#emit("ended"), { signal });
      track.addEventListener("mute", () => this.#emit("silenced", true), { signal });
      track.addEventListener("unmute", () => this.#emit("silenced", false), { signal });
    }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
