// Keeps the screen on while the microphone listens; the browser takes the lock back whenever the page is hidden.

export class WakeLock {
  #lock = null;
  #wires = null;

  async hold() {
    if (this.#wires || !navigator.wakeLock) return;
    this.#wires = new AbortController();
    const { signal } = this.#wires;
    document.addEventListener("visibilitychange", () => void this.#acquire(), { signal });
    await this.#acquire();
  }

  release() {
    this.#wires?.abort();
    this.#wires = null;
    void this.#lock?.release();
    this.#lock = null;
  }

  async #acquire() {
    if (document.visibilityState !== "visible") return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch (error) {
      if (error.name !== "NotAllowedError") throw error; // refused on low battery: captions go on without it
    }
  }
}
