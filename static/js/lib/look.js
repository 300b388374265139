// How this reader likes Linnet to look. On <html> as attributes, which the style sheet reads; kept by the account;
// and as a copy on this device, for pages without an account and for changes that could not be saved yet.

const KEY = "linnet.look";
const SWITCHES = new Set(["captions_only", "announce", "alert_sound", "alert_notice"]);
const NAMES = [
  "theme", "text_percent", "spacing", "width", "font", "tone", "elcor", "motion", ...SWITCHES,
];

/** Emits `change` when the look is another: chosen here, in another tab, or on another device. */
export const looks = new EventTarget();

/** Every choice as it is now: text, a number for `text_percent`, true or false for a switch. */
export function readLook() {
  return Object.fromEntries(NAMES.map((name) => [name, valueOf(name, dataset()[attributeOf(name)])]));
}

/** Apply `changes` at once and keep them. Resolves with whether the account has them; without an account, true. */
export function changeLook(changes) {
  apply(changes);
  const is_member = Boolean(dataset().lookUrl);
  // What an account that never chose is shown is this device's choice: all of it is chosen now.
  const unsaved = is_member ? { ...kept().unsaved, ...(changedMs() ? changes : readLook()) } : {};
  keep(unsaved);
  return is_member ? save() : Promise.resolve(true);
}

/** Show `changes` without keeping them: a slider that is still being moved. */
export function tryLook(changes) {
  apply(changes);
}

/** Take what the account's look is by now, as the live socket tells it. */
export function takeLook({ look, changed_ms }) {
  if (changed_ms <= changedMs()) return;
  dataset().lookChanged = String(changed_ms);
  apply({ ...look, ...kept().unsaved });
  keep(kept().unsaved);
}

/** Keep this page's look in step with the device's other tabs, and send what could not be saved before. */
export function beginLook() {
  keep(kept().account === account() ? kept().unsaved : {});
  addEventListener("storage", ({ key }) => key === KEY && apply(kept().look ?? {}));
  addEventListener("pageshow", ({ persisted }) => persisted && apply(kept().look ?? {}));
  addEventListener("online", () => void save());
  void save();
}

async function save() {
  const unsaved = (dataset().lookUrl && kept().unsaved) || {};
  if (!Object.keys(unsaved).length) return true;
  const answer = await send(unsaved);
  if (!answer) return false;
  const still_unsaved = Object.entries(kept().unsaved ?? {}).filter(([name, value]) => unsaved[name] !== value);
  keep(Object.fromEntries(still_unsaved));
  takeLook(answer);
  return still_unsaved.length ? save() : true;
}

/** The account's look after `changes`, or null when it could not be saved. What the server refuses is forgotten. */
async function send(changes) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
  try {
    const body = JSON.stringify(changes);
    const response = await fetch(dataset().lookUrl, { method: "POST", headers, body, redirect: "error", keepalive: true });
    if (response.status === 400) keep({});
    return response.ok ? await response.json() : null;
  } catch {
    return null; // not reached: the next page tries again
  }
}

function apply(changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (NAMES.includes(name)) dataset()[attributeOf(name)] = wordOf(value);
  }
  looks.dispatchEvent(new CustomEvent("change"));
}

function keep(unsaved = {}) {
  try {
    const copy = { look: readLook(), unsaved, account: account(), changed_ms: changedMs() };
    localStorage.setItem(KEY, JSON.stringify(copy));
  } catch {
    // Blocked storage only means that this device forgets; the account does not.
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

function dataset() {
  return document.documentElement.dataset;
}

/** Whose look it is; "" on pages that belong to nobody. */
function account() {
  return dataset().lookAccount ?? "";
}

function changedMs() {
  return Number(dataset().lookChanged ?? 0);
}

function attributeOf(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

function wordOf(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}

function valueOf(name, word) {
  if (SWITCHES.has(name)) return word === "on";
  return name === "text_percent" ? Number(word ?? 100) : (word ?? "");
}
