/** What the trend chart draws, worked out from a series of the API: months, a line for each unit, target, table, words. */

import { monthName, monthShort, pick, text } from "./language.js";
import { basisText, figureOf, figureText, isPair, targetText, written } from "./measures.js";
import { nameOf } from "./units.js";

const noon = (day) => new Date(`${day}T12:00:00Z`);

/** Derive the view of a series; the first line is the unit that the page is about. */
export function trendOf(series, measure, units) {
  const lines = series.lines.map(({ unit, points }, place) => ({
    unit, place, name: nameOf(unit, units), points: points.map(figureOf),
  }));
  const months = series.lines[0].points.map(({ period }, at) => ({
    at, key: period.to.slice(0, 7), name: monthName(noon(period.to)), short: monthShort(noon(period.to)), period,
  }));
  return { measure, lines, months, rolling: series.kind === "rolling_12" };
}

/** The most that the value axis must hold. */
export function mostOf({ measure, lines }) {
  if (measure.kind === "share") return 1;
  const found = lines.flatMap(({ points }) => points.flatMap(({ value, target }) => [value ?? 0, target?.goal ?? 0, target?.near ?? 0]));
  return Math.max(measure.kind === "rate" ? 0 : 1, ...found) || 1;
}

/** What a month was like, in a sentence: what the key that stands on it is called. */
export function monthLabel(view, { at, name }) {
  const said = view.lines.map(({ name: unit, points }) => {
    const figure = points[at];
    return [`${unit} ${figureText(view.measure, figure)}`, figure.value === null ? "" : basisText(figure)].filter(Boolean).join(", ");
  });
  const aim = targetText(view.measure, view.lines[0].points[at]);
  return [`${name}: ${said[0]}`, ...said.slice(1), aim && `${text("target")} ${aim}`].filter(Boolean).join("; ");
}

/** The lines of a month's tooltip. */
export function monthLines(view, at) {
  const aim = targetText(view.measure, view.lines[0].points[at]);
  const rows = view.lines.map(({ name, points }) => {
    const basis = points[at].value === null ? "" : basisText(points[at]);
    return [name, figureText(view.measure, points[at]) + (basis ? ` (${basis})` : "")];
  });
  return aim ? [...rows, [text("target"), aim]] : rows;
}

/** The whole chart in words. */
export function trendSummary(view) {
  const [own] = view.lines;
  const shown = view.months.filter(({ at }) => own.points[at].value !== null);
  const say = (month) => month && `${month.name} ${written(view.measure, own.points[month.at].value)}`;
  const hidden = own.points.filter(({ suppressed }) => suppressed).length;
  return text("trendSummary", own.name, say(shown[0]), say(shown.at(-1)), hidden);
}

/** What stands under the chart: whose months are hidden, and what a point is about. */
export function trendNotes(view) {
  const hidden = view.lines.filter(({ points }) => points.some(({ suppressed }) => suppressed));
  const all = hidden.filter(({ points }) => points.every(({ suppressed, value }) => suppressed || value === null));
  const some = hidden.filter((line) => !all.includes(line));
  const list = (lines) => lines.map(({ name }) => name).join(", ");
  return [
    text(view.rolling ? "pointTwelve" : "pointMonth"),
    all.length ? text("allHidden", list(all)) : "",
    some.length ? text("someHidden", list(some)) : "",
  ].filter(Boolean).join(" ");
}

/** The chart as a table: of the unit numerator and denominator in columns, of the others in brackets. */
export function trendTable(view) {
  const { measure, lines: [own, ...others], months } = view;
  const parts = isPair(measure) ? ["numerator", "denominator"] : measure.kind === "duration" ? ["p90", "denominator"] : [];
  const part = (figure, key) => (figure[key] ? figureText(key === "p90" ? measure : { kind: "count" }, figure[key]) : "–");
  const aimed = own.points.some(({ target }) => target);
  const beside = (figure) => {
    const basis = figure.value === null ? "" : basisText(figure);
    return figureText(measure, figure) + (basis ? ` (${basis})` : "");
  };
  return {
    caption: `${pick(measure.name)}, ${own.name}`,
    columns: [text("month"), own.name, ...parts.map((key) => text(key)), ...(aimed ? [text("target")] : []), ...others.map(({ name }) => name)],
    rows: months.map(({ at, name }) => [
      name, figureText(measure, own.points[at]), ...parts.map((key) => part(own.points[at], key)),
      ...(aimed ? [targetText(measure, own.points[at]) || "–"] : []), ...others.map(({ points }) => beside(points[at])),
    ]),
  };
}
