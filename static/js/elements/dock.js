// The dock with the controls: how much of the window it covers, and whether it may cover any.

const LOW = "(max-height: 30rem)"; // 400 % zoom: the style sheets let nothing stick there
const LARGEST_SHARE = 0.5; // of the window: the rest is for the captions

/**
 * Tell the style sheets how high the dock is (on wide pages the controls alone), and by `data-dock-flows` that it is
 * too high to stick: then it stands under the captions.
 */
export function noteDockHeight() {
  const root = document.documentElement;
  root.style.setProperty("--dock-block-size", `${dockHeightPx()}px`);
  root.toggleAttribute("data-dock-flows", matchMedia(LOW).matches || dockHeightPx() > innerHeight * LARGEST_SHARE);
}

/** The part of the window, at its lower edge, in which no caption can be read. */
export function coveredPx() {
  return "dockFlows" in document.documentElement.dataset ? 0 : dockHeightPx();
}

function dockHeightPx() {
  return Math.max(0, ...[...document.querySelectorAll(".dock, .controls")].map((dock) => dock.offsetHeight));
}
