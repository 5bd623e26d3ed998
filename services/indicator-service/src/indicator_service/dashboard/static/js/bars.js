/** A table whose rows carry a bar each, so that the figures and their picture are one. */

import { text } from "./language.js";
import { element } from "./lib.js";
import { countText, figureText, isPair, targetText } from "./measures.js";

/**
 * Fill a table: `rows` are `{name, figure, href, note, strong}`; `first` is the heading of their names.
 *
 * A hidden figure has a hatched bar of one length and says that it is hidden; one that is not there has none.
 */
export function fillBars(table, { caption, first, rows, measure }) {
  const key = JSON.stringify([caption, first, rows, measure.id, text("hidden")]);
  if (table.dataset.key === key) return;
  table.dataset.key = key;
  const most = mostOf(measure, rows);
  const aimed = rows.some(({ figure }) => figure.target);
  const parts = partsOf(measure);
  const heads = [first, text(VALUE[measure.kind]), "", ...parts.map((part) => text(part)), ...(aimed ? [text("target")] : [])];
  table.replaceChildren(
    element("caption", { class: "vh" }, caption),
    element("thead", {}, element("tr", {}, ...heads.map((head, at) => (at === 2 ? element("td", { class: "bar-head" }) : element("th", { scope: "col" }, head))))),
    element("tbody", {}, ...rows.map((row) => bodyRow(row, { measure, most, aimed, parts }))),
  );
}

const VALUE = { share: "share", rate: "value", duration: "median", count: "count" };
const partsOf = (measure) => (isPair(measure) ? ["numerator", "denominator"] : measure.kind === "duration" ? ["p90", "denominator"] : []);

function bodyRow({ name, figure, href, note, strong }, { measure, most, aimed, parts }) {
  const label = href ? element("a", { href }, name) : name;
  const cells = parts.map((part) => element("td", {}, part === "p90" ? figureText(measure, figure.p90 ?? figure) : countText(figure[part])));
  const aim = element("td", { class: "aim-cell", "data-band": figure.target?.band ?? "" }, targetText(measure, figure) || "–");
  return element("tr", { class: strong ? "is-own" : null },
    element("th", { scope: "row" }, label, note ? element("span", { class: "apart" }, note) : null),
    element("td", { class: "value-cell" }, figureText(measure, figure)),
    element("td", { class: "bar-cell", "aria-hidden": "true" }, barOf(figure, most)),
    ...cells, ...(aimed ? [aim] : []));
}

function barOf({ value, suppressed }, most) {
  if (value === null && !suppressed) return null;
  const bar = element("span", { class: "bar-mark", "data-step": suppressed ? "hidden" : null });
  bar.style.width = suppressed ? "20%" : `${(100 * value) / most}%`;
  return bar;
}

function mostOf(measure, rows) {
  if (measure.kind === "share") return 1;
  return Math.max(...rows.map(({ figure }) => figure.value ?? 0)) || 1;
}
