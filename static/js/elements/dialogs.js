// Dialogs close with their button, with Escape, and by a click beside them; the browser gives the focus back.

/** Let `dialog` close by its `[data-part=close]` and by a click beside it, until `signal` is aborted. */
export function closable(dialog, signal) {
  const on = (target, type, listener) => target.addEventListener(type, listener, { signal });
  for (const button of dialog.querySelectorAll("[data-part=close]")) on(button, "click", () => dialog.close());
  on(dialog, "click", (event) => event.target === dialog && isBeside(dialog, event) && dialog.close());
}

function isBeside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
