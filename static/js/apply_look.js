// Runs before the first paint, so that nobody who needs a dark page is blinded by a light one.
// Not a module: those wait until the page has been read.
(() => {
  try {
    const look = JSON.parse(localStorage.getItem("linnet.look") ?? "{}");
    const root = document.documentElement;
    root.dataset.theme = look.theme ?? "system";
    root.dataset.tone = look.tone ?? "full";
    root.style.setProperty("--caption-scale", String((look.text_percent ?? 100) / 100));
  } catch {
    // Blocked storage: the default look stands in the style sheet.
  }
})();
