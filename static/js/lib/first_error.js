// After a form was refused: the focus goes to what has to be put right, so that everybody learns of it.

/** Focus what is wrong with a form as a whole, or else its first wrong field. */
export function focusFirstError() {
  document.querySelector("[data-form-error], [aria-invalid=true]:not([type=hidden])")?.focus();
}
