// What this tab remembers from one page to the next.

export const START_FLAG = "linnet.start"; // set by the dashboard: the live page that comes next opens the microphone

/** Return whether `name` was set, and forget it. */
export function takeFlag(name) {
  const is_set = sessionStorage.getItem(name) !== null;
  sessionStorage.removeItem(name);
  return is_set;
}
