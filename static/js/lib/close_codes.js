// The close codes of Linnet's two sockets, and what they mean to a person.

import { t } from "./words.js";

export const DONE = 1000;
export const ABNORMAL = 1006;
export const LOGIN_GONE = 4401;
export const FORBIDDEN = 4403;
export const NO_SUCH_SESSION = 4404;
export const TAKEN_OVER = 4409;
export const SESSION_ENDED = 4410;

// 1012 is a proxy restarting; the rest are Linnet's own passing troubles.
const PASSING = new Set([ABNORMAL, 1012, 4408, 4429, 4500, 4503]);

const WORDS = new Map([
  [4400, t("Linnet did not understand what this page sent. Reload the page to go on.")],
  [LOGIN_GONE, t("You are logged out. Log in again to go on.")],
  [FORBIDDEN, t("You may no longer see this session.")],
  [NO_SUCH_SESSION, t("This session does not exist any more.")],
  [4408, t("Nothing was heard from this device for a while.")],
  [TAKEN_OVER, t("Another device's microphone is used for this session now.")],
  [SESSION_ENDED, t("This session has ended.")],
  [4413, t("This page sent more sound at once than Linnet takes. Reload the page to go on.")],
  [4429, t("Too much at once. Linnet will try again shortly.")],
  [4500, t("Something went wrong at Linnet's end. It will try again shortly.")],
  [4503, t("Linnet is restarting. It will be back in a moment.")],
]);

/** Whether a client should come back by itself after a close with `code`. */
export function isPassing(code) {
  return PASSING.has(code);
}

/** Whether a page may not even show any more what it has: the link was withdrawn, the session deleted. */
export function isShutOut(code) {
  return code === FORBIDDEN || code === NO_SUCH_SESSION;
}

/** Say a close code in plain words; an unknown one as a lost connection. */
export function inWords(code) {
  return WORDS.get(code) ?? t("The connection was lost.");
}
