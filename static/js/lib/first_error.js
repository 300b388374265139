// After a form was refused: the focus goes to what has to be put right, so that everybody learns of it.

/**
 * Focus what is wrong with a form as a whole, or else its first wrong field.
 *
 * A page that is opened at a place of it (`#line-4`) takes the focus away again while it loads: there it is
 * given once more when everything is loaded.
 */
export function focusFirstError() {
  focusWrong();
  if (location.hash && document.readyState !== "complete") addEventListener("load", focusWrong, { once: true });
}

function focusWrong() {
  document.querySelector("[data-form-error], [aria-invalid=true]:not([type=hidden])")?.focus();
}
