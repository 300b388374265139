// Whether it is the reader who scrolls. Lines far from the screen have a guessed height: who scrolls up to them changes
// the layout, which looks like larger text or a turned phone.

const HAND_MS = 1_000; // a wheel or a key scrolls smoothly for some hundred milliseconds
const GLIDE_MS = 200; // between two scroll events of one movement: a finger that let go still has it glide
const KEYS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " ", "Tab"]);

export class ScrollingHand {
  #until_ms = -Infinity;

  constructor(signal) {
    const options = { signal, passive: true, capture: true };
    for (const type of ["wheel", "touchmove"]) addEventListener(type, () => this.#move(), options);
    addEventListener("keydown", (event) => isForThePage(event) && this.#move(), options);
    addEventListener("pointerdown", (event) => isOnScrollbar(event) && this.#move(), options);
  }

  /** Tell, at a scroll event, whether a reader's hand caused it. */
  isAtIt() {
    const now_ms = performance.now();
    if (now_ms > this.#until_ms) return false;
    this.#until_ms = Math.max(this.#until_ms, now_ms + GLIDE_MS);
    return true;
  }

  #move() {
    this.#until_ms = performance.now() + HAND_MS;
  }
}

function isForThePage({ key, target }) {
  return KEYS.has(key) && (key === "Tab" || !target.closest?.("input, textarea, select"));
}

function isOnScrollbar({ target, clientX }) {
  return target === document.documentElement && clientX >= document.documentElement.clientWidth;
}
