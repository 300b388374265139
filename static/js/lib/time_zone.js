// Tells the server which time zone this device is in: pages then give times by the reader's clock.

const KEPT_S = 31_536_000; // a year; each visit begins it anew

/** Write the device's time zone into the cookie that linnet_site/time_zone.py reads. */
export function tellTimeZone() {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!name) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `time_zone=${encodeURIComponent(name)}; Path=/; Max-Age=${KEPT_S}; SameSite=Lax${secure}`;
}
