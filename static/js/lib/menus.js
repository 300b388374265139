// The menus of the header and of the debrief: open ones lie over the page, so they close when one turns to it.

/** Close a menu with Escape, by a click beside it, and when the focus moves on from it. */
export function closeMenusWhenLeft() {
  addEventListener("click", ({ target }) => closeAllBut(menuOf(target)));
  addEventListener("focusin", ({ target }) => closeAllBut(menuOf(target)));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" ? menuOf(event.target) : null;
    if (!menu) return;
    event.stopPropagation(); // one Escape closes one thing
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

function menuOf(target) {
  return target instanceof Element ? target.closest(".menu[open]") : null;
}

function closeAllBut(kept) {
  for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== kept) menu.open = false;
}
