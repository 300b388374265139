// Whether Linnet answers, asked before something that cannot be undone.

const PATIENCE_MS = 8_000; // a dead network says nothing at all

/** Return whether a request for `url` is answered; a server that stops or starts counts as away. */
export async function isReachable(url, fetch = globalThis.fetch.bind(globalThis)) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, redirect: "manual", signal });
    return response.status < 500;
  } catch {
    return false;
  }
}
