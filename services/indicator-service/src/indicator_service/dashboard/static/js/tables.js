/** «Show as table»: the same figures as a table, made when it is opened. */

import { element } from "./lib.js";

/** Fill a disclosure's table if it is open: `columns` are headings, `rows` lists of texts, the first a row heading. */
export function fillTable(target, { caption, columns, rows }) {
  if (!target.closest("details").open) return;
  const key = JSON.stringify([caption, columns, rows]);
  if (target.dataset.key === key) return;
  target.dataset.key = key;
  const scrolled = target.querySelector(".table-scroll")?.scrollTop ?? 0;
  const head = element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name))));
  const body = element("tbody", {}, ...rows.map(([name, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)))));
  const table = element("table", {}, element("caption", {}, caption), head, body);
  const box = element("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": caption }, table);
  target.replaceChildren(box);
  box.scrollTop = scrolled;
}

/** Redraw when any disclosure within a part of the page opens. */
export function onTableOpened(callback, part) {
  for (const details of part.querySelectorAll("details.as-table")) details.addEventListener("toggle", callback);
}
