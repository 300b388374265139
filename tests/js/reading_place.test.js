import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ReadingPlace } from "../../static/js/elements/reading_place.js";

const SPACE_PX = 24;
const WINDOW_PX = 600;

/** A page whose captions end `end_px` below its top; the window shows `WINDOW_PX` of it. */
class Page {
  end_px = 2_000;
  dock_px = 0;
  list = {
    dataset: {},
    getBoundingClientRect: () => ({ bottom: this.end_px - globalThis.scrollY }),
    querySelectorAll: () => [],
  };
  jump = Object.assign(new EventTarget(), { hidden: true, textContent: "" });
  place = new ReadingPlace(this.list, this.jump, new AbortController().signal, () => this.dock_px);

  scroll(scroll_px) {
    globalThis.scrollTo(0, scroll_px);
  }

  line() {
    this.end_px += 50;
    this.place.take({ dataset: {} }, { counts: true });
    this.place.follow();
  }
}

let listeners;

beforeEach(() => {
  listeners = new EventTarget();
  globalThis.addEventListener = listeners.addEventListener.bind(listeners);
  globalThis.scrollY = 0;
  globalThis.innerHeight = WINDOW_PX;
  globalThis.scrollTo = (_, scroll_px) => {
    globalThis.scrollY = scroll_px;
    listeners.dispatchEvent(new Event("scroll"));
  };
});

test("reading along ends at the last line, above what covers the window", () => {
  const page = new Page();
  page.place.follow();
  const without_dock_px = scrollY;

  page.dock_px = 200;
  page.place.follow();

  assert.deepEqual([without_dock_px, scrollY], [2_000 + SPACE_PX - WINDOW_PX, 2_200 + SPACE_PX - WINDOW_PX]);
});

test("who reaches for the controls under the captions is not pulled back up", () => {
  const page = new Page();
  page.place.follow();

  page.scroll(scrollY + 300);
  page.line();

  assert.equal(scrollY, 2_000 + SPACE_PX - WINDOW_PX + 300);
  assert.equal(page.jump.hidden, false);
});

test("who comes back up from the controls reads along again", () => {
  const page = new Page();
  page.place.follow();
  page.scroll(scrollY + 300);

  page.scroll(2_000 + SPACE_PX - WINDOW_PX + 40);

  assert.equal(page.jump.hidden, true);
});

test("holding the captions forgets no line that was not read", () => {
  const page = new Page();
  page.place.follow();
  page.scroll(100);
  page.line();

  page.place.hold();
  page.line();

  assert.equal(page.jump.textContent, "Held. 2 new lines");
});

test("who turns the wheel is not pulled back, though lines above turn out taller than guessed", () => {
  const page = new Page();
  page.place.follow();

  turnWheel();
  page.end_px += 70;
  page.scroll(scrollY - 300);
  page.line();

  assert.equal(scrollY, 2_000 + SPACE_PX - WINDOW_PX - 300);
  assert.equal(page.jump.hidden, false);
});

test("who only types a note goes along when the window turns", () => {
  const page = new Page();
  page.place.follow();

  press("ArrowUp", { closest: () => ({}) });
  page.end_px += 70;
  page.scroll(scrollY - 300);

  assert.equal(scrollY, 2_070 + SPACE_PX - WINDOW_PX);
});

test("keys that lead from line to line scroll back like a wheel", () => {
  const page = new Page();
  page.place.follow();

  press("ArrowUp", { closest: () => null });
  page.end_px += 70;
  page.scroll(scrollY - 300);

  assert.equal(page.jump.hidden, false);
});

test("who searches far back is not pulled to the end, though lines there turn out taller than guessed", () => {
  const page = new Page();
  page.end_px = 50_000;
  page.place.follow();

  page.end_px += 700;
  page.scroll(20_000);
  page.line();

  assert.equal(scrollY, 20_000);
  assert.equal(page.jump.hidden, false);
});

test("the list stands still until all that is done with its lines is over", () => {
  const page = new Page();
  page.place.follow();
  const before_px = scrollY;

  const leaveWords = page.place.stay();
  const leaveTools = page.place.stay();
  leaveWords();
  page.line();
  const meanwhile_px = scrollY;
  leaveTools();

  assert.deepEqual([meanwhile_px, scrollY], [before_px, before_px + 50]);
});

function turnWheel() {
  listeners.dispatchEvent(new Event("wheel"));
}

function press(key, where) {
  const pressed = Object.assign(new Event("keydown"), { key });
  Object.defineProperty(pressed, "target", { value: where });
  listeners.dispatchEvent(pressed);
}
