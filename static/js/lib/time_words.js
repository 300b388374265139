// Times for people.

/** 83_000 → "1:23", 3_683_000 → "1:01:23". */
export function timecode(ms) {
  const all_s = Math.floor(Math.max(0, ms) / 1000);
  const hours = Math.floor(all_s / 3600);
  const minutes = Math.floor(all_s / 60) % 60;
  const seconds = String(all_s % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}
