// Runs before the first paint, so that nobody who needs a dark page is blinded by a light one. What the account chose
// the server has written on <html>; this adds what only this device knows. Not a module: those wait for the page.
(() => {
  const root = document.documentElement;
  const nameOf = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  const wordOf = (value) => (value === true ? "on" : value === false ? "off" : String(value));
  try {
    const kept = JSON.parse(localStorage.getItem("linnet.look") ?? "{}");
    const changed_ms = Number(root.dataset.lookChanged ?? 0);
    const is_same_account = (kept.account ?? "") === (root.dataset.lookAccount ?? "");
    // A page may have been written just before the last choice was saved.
    const is_older = is_same_account && kept.changed_ms > changed_ms;
    const look = changed_ms === 0 || is_older ? kept.look : is_same_account ? kept.unsaved : {};
    if (is_older) root.dataset.lookChanged = String(kept.changed_ms);
    for (const [name, value] of Object.entries(look ?? {})) root.dataset[nameOf(name)] = wordOf(value);
  } catch {
    // Blocked storage: the page looks as the server wrote it.
  }
})();
