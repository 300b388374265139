// The parts of an element, found by their data-part; and times of the page itself.

/** Return a function that finds the part `name` inside `element`, and remembers it: the search walks every line. */
export function partsOf(element) {
  const found = new Map();
  return (name) => {
    if (!found.has(name)) found.set(name, element.querySelector(`[data-part="${name}"]`));
    const part = found.get(name);
    if (!part) throw new Error(`<${element.localName}> has no part "${name}"`); // a mistake in the template
    return part;
  };
}

/** Set text only when it differs: assistive technology hears every set of a live region. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Run `action` every `every_ms` until `signal` is aborted. */
export function every(every_ms, action, signal) {
  const timer = setInterval(action, every_ms);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** The address of one of Linnet's sockets, with the page's own host and security. */
export function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
