// What this device listens to, and how: kept on the device, for another one has other microphones.

const KEY = "linnet.sound";
const SOURCES = new Set(["microphone", "tab", "both"]);

export function readSoundChoice() {
  try {
    const { source, is_raw } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { source: SOURCES.has(source) ? source : "microphone", is_raw: is_raw === true };
  } catch {
    return { source: "microphone", is_raw: false }; // storage is blocked or holds something else
  }
}

export function keepSoundChoice({ source, is_raw }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ source, is_raw }));
  } catch {
    // Blocked storage only means that it is chosen anew with the next page.
  }
}
