/** What can be shown: the plain counts and the indicators, each with how to read it from a unit's metrics. */

import { compact, dayName, decimal, percent, percentShort, pick, rate, text, whole } from "./language.js";

const COUNTS = ["open", "opened", "closed"];
const HEADLINES = [2, 3, 4, 10];
const FEW = 20;
const LARGE = 10_000;
const NOTHING = { value: null, suppressed: false };
const HOURS = "hours";

/** Make the list from the definitions of the API; the headlines stand at the top of the page. */
export function measuresOf({ counts, indicators }) {
  return [
    ...counts.filter(({ key }) => COUNTS.includes(key)).map((count) => ({ ...count, id: count.key, kind: "count", headline: true })),
    ...indicators.map((indicator) => ({ ...indicator, id: String(indicator.number), headline: HEADLINES.includes(indicator.number) })),
  ];
}

/** Read a measure from a unit's metrics: `{value, suppressed, numerator, denominator, median, p90, extra}`. */
export function read(measure, metrics) {
  if (measure.number === undefined) {
    return { ...(metrics?.counts[measure.key] ?? NOTHING), settled_on: metrics?.counts_settled_on?.[measure.key], extra: {} };
  }
  const found = metrics?.indicators.find(({ number }) => number === measure.number);
  return found ? figureOf(found) : { ...NOTHING, extra: {} };
}

/** An indicator of the API, in a month or a category too, with its value as a figure has it. */
export const figureOf = (found) => ({ ...found, value: found.value.value, suppressed: found.value.suppressed });

/** Whether it is a numerator set against a denominator: a share of it, or a rate. */
export const isPair = ({ kind }) => kind === "share" || kind === "rate";

/** Whether an indicator rests on so few that it swings from case to case. */
export const isThin = (figure) => (figure.denominator?.value ?? FEW) < FEW;

/** The median or 90th percentile of a duration, or null. */
export const spread = (figure) => ({ median: figure.median?.value ?? null, p90: figure.p90?.value ?? null });

/** A value as a person reads it, in full or (in a tile, on an axis) as short as can be. */
export function written(measure, value, { short = false } = {}) {
  if (value === null || value === undefined) return "–";
  if (measure.kind === "share") return short ? percentShort(value) : percent(value);
  if (measure.kind === "rate") return rate(value);
  if (measure.kind !== "duration") return whole(value);
  const [one, many, brief] = text(measure.measurement_unit === HOURS ? "hour" : "day");
  const named = Number(value) === 1 ? one : many;
  return `${whole(value)}\u00a0${short ? brief : named}`;
}

/** A figure in words: its value, that it is hidden, or that there is none. */
export function figureText(measure, figure, options = {}) {
  if (figure.suppressed) return options.short ? text("hiddenShort") : text("hidden");
  if (figure.counted === false) return text("counting");
  if (figure.value === null) return options.short ? "–" : missingText(figure) || text("noValue");
  return written(measure, figure.value, options);
}

/** What of an import is not there, in words; empty when nothing is. */
export function missingText({ imported }) {
  return (imported?.missing ?? []).map(({ kind, reason, periods, complete_on: until }) => {
    const [name, some] = [text("imported")[kind], [periods[0], periods.at(-1)].filter(Boolean)];
    if (reason === "not_for_this_unit") return text("notForUnit", name);
    if (reason === "not_yet_complete") return until ? text("notYetComplete", dayName(new Date(until))) : text("notYetCompleteAtAll", name);
    return text("missing", name, [...new Set(some)].join("–"));
  }).join(", ");
}

/** A plain number of the API in words; `short` writes a large one in thousands or millions. */
export function countText(figure, { short = false } = {}) {
  if (!figure) return "–";
  if (figure.suppressed) return text("hidden");
  if (figure.value === null) return "–";
  return short && figure.value >= LARGE ? compact(figure.value) : whole(figure.value);
}

/** The basis of a figure, such as «124 av 159», of large numbers in short «av 2,3 mill.»; empty for plain counts. */
export function basisText(figure, options = {}) {
  const denominator = figure.denominator ? countText(figure.denominator, options) : "";
  if (options.short && figure.numerator?.value >= LARGE) return `${text("of")} ${denominator}`;
  return figure.numerator ? `${countText(figure.numerator, options)} ${text("of")} ${denominator}` : denominator;
}

/** How a unit's figure lies to the national one, in words; empty when either is missing or it is a plain count. */
export function comparedText(measure, figure, national) {
  if (measure.kind === "count" || figure.value === null || national.value === null) return "";
  const gap = figure.value - national.value;
  const size = Math.abs(gap);
  if (size < 0.0005) return text("equal");
  const amount = measure.kind === "share" ? `${decimal(size * 100)} ${text("points")}` : written(measure, size);
  return `${amount} ${text(gap > 0 ? "over" : "under")}`;
}

/** The same in a word: «+14» or «−3.8 pp.». */
export function gapText(measure, figure, national) {
  if (measure.kind === "count" || figure.value === null || national.value === null) return "";
  const gap = figure.value - national.value;
  const points = () => `${decimal(Math.abs(gap) * 100)}\u00a0${text("pointsShort")}`;
  const size = measure.kind === "share" ? points() : measure.kind === "rate" ? rate(Math.abs(gap)) : whole(Math.abs(gap));
  return Math.abs(gap) < 0.0005 ? "±0" : `${gap > 0 ? "+" : "−"}${size}`;
}

/** What is shown apart from the numerator, each `[label, value]`; of kinds those alone that there are. */
export function apartLines({ extra, further }) {
  const kinds = text("kinds");
  const names = { ...text("apart"), ...kinds };
  const counts = Object.entries(extra).filter(([key, figure]) => names[key] && !(kinds[key] && figure.value === 0))
    .map(([key, figure]) => [names[key], countText(figure)]);
  return [...counts, ...Object.values(further ?? {}).map((share) => [pick(share.name), furtherText(share)])];
}

function furtherText(share) {
  const figure = { ...share, ...share.value };
  return figureText({ kind: "share" }, figure) + (figure.value === null ? "" : ` (${basisText(figure)})`);
}

/** What is to be reached, and how the value shown stands to it: «≥ 80 %: nær». Empty where nothing is. */
export function targetText(measure, { target }) {
  if (!target) return "";
  const goal = `${measure.direction === "lower" ? "≤" : "≥"}\u00a0${written(measure, target.goal, { short: true })}`;
  return target.band ? `${goal}: ${text("bands")[target.band]}` : goal;
}

/** Since which day a figure of others stands as it is; empty for one that is as of now. */
export const settledDay = ({ settled_on: day }) => (day ? dayName(new Date(`${day}T12:00:00Z`)) : "");

/** The same with the words before it; empty too where nothing is counted. */
export function settledText(figure) {
  const nothing = figure.value === null && !figure.suppressed && !figure.numerator?.value;
  return figure.settled_on && !nothing ? `${text("settledSince")} ${settledDay(figure)}` : "";
}

/** The lines of a unit's tooltip, each `[label, value]`; the first is the figure itself. */
export function tooltipLines(measure, figure, national) {
  const lines = [[pick(measure.name), figureText(measure, figure)]];
  if (measure.kind === "duration" && figure.p90) {
    lines[0] = [text("median"), figureText(measure, figure)];
    lines.push([text("p90"), figureText(measure, figure.p90)]);
  }
  if (figure.numerator) lines.push([pick(measure.numerator_text), countText(figure.numerator)]);
  if (figure.denominator) lines.push([pick(measure.denominator_text), countText(figure.denominator)]);
  lines.push(...apartLines(figure));
  if (figure.target) lines.push([text("target"), targetText(measure, figure)]);
  if (national.value !== null) lines.push([text("national"), figureText(measure, national)]);
  if (figure.settled_on) lines.push([text("settledSince"), settledDay(figure)]);
  return lines;
}
