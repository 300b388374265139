// How this reader likes Linnet to look, kept on this device. `apply_look.js` applies it before the first paint.

const KEY = "linnet.look";

export const DEFAULT_LOOK = { theme: "system", text_percent: 100, tone: "full", elcor: null, announce: false };

export function readLook() {
  try {
    return { ...DEFAULT_LOOK, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...DEFAULT_LOOK }; // storage is blocked or holds something else: the default look is fine
  }
}

export function changeLook(changes) {
  const look = { ...readLook(), ...changes };
  try {
    localStorage.setItem(KEY, JSON.stringify(look));
  } catch {
    // Blocked storage only means that the choice is forgotten with the page.
  }
  const root = document.documentElement;
  root.dataset.theme = look.theme;
  root.dataset.tone = look.tone;
  root.style.setProperty("--caption-scale", String(look.text_percent / 100));
  return look;
}
