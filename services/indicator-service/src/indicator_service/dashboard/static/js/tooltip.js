/** One tooltip for all marks that carry `data-unit`, or another `name`: on hover and on focus, closed by Escape, and it can be hovered. */

import { element, replaceChildren } from "./lib.js";

const GAP = 10;
const HIDE_AFTER_MS = 120;

/** Wire the tooltip; `contentOf(id)` gives `{title, lines}` or null, `onActive(id)` hears which mark is meant. */
export function createTooltip({ tip, area, contentOf, onActive, name = "unit" }) {
  let meant = null;
  let anchor = null;
  let timer = null;

  function open(target) {
    clearTimeout(timer);
    anchor = target;
    meant = target.dataset[name];
    onActive(meant);
    refresh();
  }

  function refresh() {
    if (meant === null) return;
    const content = contentOf(meant);
    if (content === null || !anchor.isConnected) {
      close();
      return;
    }
    replaceChildren(tip, [
      element("strong", {}, content.title),
      element("dl", {}, ...content.lines.flatMap(([label, value]) => [element("dt", {}, label), element("dd", {}, value)])),
      content.note ? element("p", {}, content.note) : null,
    ]);
    tip.hidden = false;
    place();
  }

  function place() {
    const mark = anchor.getBoundingClientRect();
    const box = tip.getBoundingClientRect();
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const wide = mark.width > width / 4;
    const middle = wide ? mark.left + mark.width / 2 - box.width / 2 : mark.right + GAP;
    const side = !wide && middle + box.width > width ? mark.left - GAP - box.width : middle;
    const below = wide ? mark.bottom + GAP : mark.top;
    const top = below + box.height > height ? Math.min(mark.top, height) - box.height - (wide ? GAP : 0) : below;
    tip.style.left = `${Math.max(GAP, Math.min(side, width - box.width - GAP))}px`;
    tip.style.top = `${Math.max(GAP, wide ? top : Math.min(below, height - box.height - GAP))}px`;
  }

  function close() {
    clearTimeout(timer);
    tip.hidden = true;
    meant = null;
    anchor = null;
    onActive(null);
  }

  const closeSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(close, HIDE_AFTER_MS);
  };
  const markOf = (event) => event.target.closest?.(`[data-${name}]`);

  // Moves, not mere presence: a row that glides under a resting pointer is not asked about.
  area.addEventListener("pointermove", (event) => markOf(event) && markOf(event) !== anchor && open(markOf(event)));
  area.addEventListener("pointerout", (event) => markOf(event) && closeSoon());
  area.addEventListener("focusin", (event) => markOf(event) && open(markOf(event)));
  area.addEventListener("focusout", (event) => markOf(event) && closeSoon());
  tip.addEventListener("pointerenter", () => clearTimeout(timer));
  tip.addEventListener("pointerleave", closeSoon);
  document.addEventListener("keydown", (event) => event.key === "Escape" && !tip.hidden && close());
  window.addEventListener("scroll", () => anchor && !tip.hidden && place(), { passive: true });

  return { refresh };
}
