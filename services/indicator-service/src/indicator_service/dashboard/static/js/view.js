/** What the charts draw, worked out once for each redraw: the units with their figures, ranked, and the national ones. */

import { comparedText, figureText, basisText, isPair, read, settledDay, settledText, targetText, written } from "./measures.js";
import { metricsOf } from "./state.js";
import { pick, text } from "./language.js";
import { NATIONAL, shortName } from "./units.js";

/** Derive the view. */
export function viewOf(state) {
  const { chosen, units, flash, flashes, selected } = state;
  const metrics = metricsOf(state);
  const national = read(chosen, metrics.get(NATIONAL));
  const rows = units.map((unit) => {
    const found = metrics.get(unit.id);
    const figure = read(chosen, found);
    const rest = restOf(chosen, unit, figure, national);
    return { unit, id: unit.id, name: pick(unit.name), short: shortName(unit), figure, metrics: found, rest };
  });
  const ranked = [...rows].sort(compareRows).map((row, place) => ({ ...row, place }));
  return { measure: chosen, rows, ranked, national, nationalMetrics: metrics.get(NATIONAL), flash, flashes, selected };
}

/** Highest first; hidden ones, and then those without figures, last. */
function compareRows(a, b) {
  const weight = ({ figure }) => (figure.value !== null ? 0 : figure.suppressed ? 1 : 2);
  return weight(a) - weight(b) || b.figure.value - a.figure.value || a.short.localeCompare(b.short, "nb");
}

/** What a figure rests on and how it compares, for the names that screen readers tell. */
function restOf(measure, unit, figure, national) {
  const parts = [];
  if (unit.kind !== "district" && pick(unit.name) !== shortName(unit)) parts.push(pick(unit.name));
  if (figure.value === null) return parts;
  if (figure.p90 && figure.p90.value !== null) parts.push(`${text("p90")} ${written(measure, figure.p90.value)}`);
  const basis = basisText(figure);
  if (basis) parts.push(figure.numerator ? basis : `${text("basis").toLowerCase()} ${basis}`);
  return [...parts, comparedText(measure, figure, national), settledText(figure)].filter(Boolean);
}

/** The text alternative of the map and of the ranked chart. */
export function summaryOf({ measure, ranked, national }) {
  const shown = ranked.filter(({ figure }) => figure.value !== null);
  const name = (row) => row && `${row.short} ${written(measure, row.figure.value)}`;
  const hidden = ranked.filter(({ figure }) => figure.suppressed).length;
  return text("summary", name(shown[0]), name(shown.at(-1)), figureText(measure, national), hidden);
}

/** The figures of the map and of the ranked chart as a table. */
export function tableOf({ measure, ranked, national }) {
  const extra = isPair(measure) ? ["numerator", "denominator"] : measure.kind === "duration" ? ["p90", "denominator"] : [];
  const aimed = [...ranked.map(({ figure }) => figure), national].some(({ target }) => target);
  const settled = [...ranked.map(({ figure }) => figure), national].some(({ settled_on: day }) => day);
  const cells = (figure) => [
    figureText(measure, figure),
    ...extra.map((key) => (figure[key] ? figureText(key === "p90" ? measure : { kind: "count" }, figure[key]) : "–")),
    ...(aimed ? [targetText(measure, figure) || "–"] : []),
    ...(settled ? [settledDay(figure) || "–"] : []),
  ];
  const value = { share: "share", rate: "value", duration: "median", count: "count" }[measure.kind];
  return {
    caption: pick(measure.name),
    columns: [text("unit"), text(value), ...extra.map((key) => text(key)), ...(aimed ? [text("target")] : []),
      ...(settled ? [text("settledSince")] : [])],
    rows: [...ranked.map(({ name, figure }) => [name, ...cells(figure)]), [text("national"), ...cells(national)]],
  };
}
