// Calls somebody back who looks elsewhere: in the hand, by a soft tone, by a notice of the device. The last two only
// for those who chose them.

const VIBRATION_MS = [400, 200, 400];
const NOTES_HZ = [660, 880];
const NOTE_S = 0.28;
const LOUDNESS = 0.12; // soft: the microphone may lie beside it

export function callOut(words, { alert_sound, alert_notice }) {
  navigator.vibrate?.(VIBRATION_MS);
  if (alert_sound) playTone();
  if (alert_notice) notify(words);
}

/** Two short notes, each swelling and fading so that nothing clicks. */
function playTone() {
  const context = new AudioContext();
  NOTES_HZ.forEach((hz, index) => {
    const begin_s = context.currentTime + 0.05 + index * NOTE_S;
    const note = new OscillatorNode(context, { frequency: hz });
    const loudness = new GainNode(context, { gain: 0 });
    loudness.gain.setValueAtTime(0, begin_s);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, begin_s + 0.04);
    loudness.gain.linearRampToValueAtTime(0, begin_s + NOTE_S);
    note.connect(loudness).connect(context.destination);
    note.start(begin_s);
    note.stop(begin_s + NOTE_S);
    if (index === NOTES_HZ.length - 1) note.onended = () => void context.close();
  });
}

/** One notice, however many pages of this device are open: they share a tag. */
function notify(words) {
  if (globalThis.Notification?.permission !== "granted") return;
  try {
    const notice = new Notification(words, { tag: "linnet-alert", body: document.querySelector("h1")?.textContent ?? "" });
    notice.onclick = () => {
      globalThis.focus();
      notice.close();
    };
  } catch {
    // Chrome on Android shows notices only through a service worker; the page and the vibration have to do.
  }
}
