// Single keys that act on the live page. They keep still while somebody types or a dialog is open, and can be switched
// off for good on this device (WCAG 2.1.4): speech input and unsteady hands press keys that nobody meant.

const KEY = "linnet.shortcuts";
const FIELDS = "input, textarea, select, [contenteditable]";

export class Shortcuts {
  #actions = new Map(); // key → action
  #storage;

  constructor(storage = globalThis.localStorage) {
    this.#storage = storage;
  }

  get areOn() {
    try {
      return this.#storage.getItem(KEY) !== "off";
    } catch {
      return true; // blocked storage
    }
  }

  switch(are_on) {
    try {
      this.#storage.setItem(KEY, are_on ? "on" : "off");
    } catch {
      // Blocked storage only means that the choice is forgotten with the page.
    }
  }

  /** Do `action` on `key` until `signal` is aborted. */
  on(key, action, signal) {
    this.#actions.set(key, action);
    signal.addEventListener("abort", () => this.#actions.delete(key), { once: true });
  }

  /** Take a `keydown` of the document. */
  press(event) {
    const action = this.#actions.get(nameOf(event));
    if (!action || !this.areOn || isForSomethingElse(event)) return;
    event.preventDefault();
    action();
  }
}

/** The key as shortcuts are named: letters small, whatever Caps Lock says. */
export function nameOf({ key }) {
  return key.length === 1 ? key.toLowerCase() : key;
}

/** Whether a key was meant for a field, a dialog, the browser or an input method. */
export function isForSomethingElse(event, { may_repeat = false } = {}) {
  const { defaultPrevented, ctrlKey, metaKey, altKey, repeat, isComposing, target } = event;
  if (defaultPrevented || ctrlKey || metaKey || altKey || isComposing || (repeat && !may_repeat)) return true;
  return Boolean(target?.closest?.(FIELDS) || target?.closest?.("dialog[open]"));
}
