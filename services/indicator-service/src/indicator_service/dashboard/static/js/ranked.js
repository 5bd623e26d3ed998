/** The units ranked by the chosen measure, with the national figure as the line to compare with. */

import { cell, createChart, drawAxis, joinRows, ROW, seenIn, TOP } from "./chart.js";
import { text, whole } from "./language.js";
import { byId, d3, setText } from "./lib.js";
import { basisText, figureText, isPair, isThin, spread, written } from "./measures.js";
import { summaryOf, tableOf } from "./view.js";
import { fillTable } from "./tables.js";

const NARROW = 480;
const MIDDLE = ROW / 2;
const TITLES = { share: "rankedShare", rate: "rankedRate", duration: "rankedDuration", count: "rankedCount" };
const NOTES = { share: "noteShare", rate: "noteShare", duration: "noteDuration", count: "noteCount" };

/** Make the chart. */
export function createRanked({ onSelect }) {
  const chart = createChart({ target: byId("ranked"), labelledBy: "ranked-title", walkable: true, draw: drawRows, onSelect });
  return {
    draw(view) {
      setText(byId("ranked-title"), text(TITLES[view.measure.kind]));
      setText(byId("ranked-note"), text(NOTES[view.measure.kind]));
      setText(byId("ranked-summary"), summaryOf(view));
      fillTable(byId("ranked-table"), tableOf(view));
      chart.redraw(view);
    },
  };
}

function drawRows({ view, width, height, back, list, front, hatch }) {
  const { measure } = view;
  const narrow = width < NARROW;
  const left = narrow ? 112 : 128;
  const columns = { value: width - (narrow ? 2 : 98), detail: width - 2 };
  const right = columns.value - (measure.kind === "count" ? 58 : 76);
  const x = d3.scaleLinear().domain([0, domainEnd(view)]).range([left, right]);
  if (measure.kind !== "share") x.nice(4);
  const lines = referenceLines(view);
  const format = (value) => written(measure, value, { short: true });
  drawAxis(back, { x, ticks: narrow ? 3 : 5, format, height, avoid: lines.map(({ value }) => x(value)) });
  drawHeads(front, view, columns, narrow);
  drawReference(back, front, lines, x, height);
  const rows = joinRows(list, view, { width, kind: `${measure.kind}-${narrow}`, enter: (row) => enterRow(row, measure.kind, narrow) });
  rows.select(".row-name").text(({ short }) => short).attr("x", 6);
  rows.select(".row-value").attr("x", columns.value).text(({ figure }) => valueText(measure, figure));
  rows.select(".row-detail").attr("x", columns.detail).text((row) => detailText(view, row));
  rows.each(function place({ figure }) { placeMarks(d3.select(this), figure, measure, x, hatch); });
  rows.attr("aria-label", function name({ rest }) { return [seenIn(this), ...rest].join(", "); });
}

function enterRow(row, kind, narrow) {
  row.append("rect").attr("class", kind === "count" ? "bar" : "reach").attr("y", kind === "count" ? MIDDLE - 7 : MIDDLE - 3)
    .attr("height", kind === "count" ? 14 : 6).attr("rx", kind === "count" ? 1.5 : 3);
  row.append("rect").attr("class", "hidden-bar").attr("y", MIDDLE - 7).attr("height", 14);
  if (kind !== "count") row.append("circle").attr("class", "dot").attr("cy", MIDDLE).attr("r", 6);
  cell(row, "row-name", 0);
  cell(row, "hidden-text", 0);
  cell(row, "row-value", 0, "end");
  if (!narrow) cell(row, "row-detail", 0, "end");
}

/** Marks are placed by style properties, so that the style sheet can let them glide. */
function placeMarks(row, figure, measure, x, hatch) {
  const shown = figure.value !== null;
  const start = x(0);
  const { median, p90 } = spread(figure);
  const [from, to] = measure.kind === "duration" && p90 !== null ? [x(median), x(p90)] : [start, x(figure.value ?? 0)];
  row.select(".bar, .reach").style("x", `${from}px`).style("width", `${Math.max(0, to - from)}px`)
    .style("display", shown && !isPair(measure) ? null : "none");
  row.select(".dot").style("cx", `${x(figure.value ?? 0)}px`).style("display", shown ? null : "none")
    .classed("thin", isThin(figure));
  row.select(".hidden-bar").style("display", figure.suppressed ? null : "none").attr("x", start).attr("width", 44).attr("fill", hatch);
  row.select(".hidden-text").attr("x", figure.suppressed ? start + 52 : start + 4)
    .text(figure.suppressed ? text("hidden") : shown ? "" : text("noValue"));
}

function valueText(measure, figure) {
  return figure.value === null ? "" : figureText(measure, figure, { short: measure.kind === "duration" });
}

function detailText({ measure, national }, { figure }) {
  if (figure.value === null) return "";
  if (isPair(measure)) return figure.numerator?.suppressed ? "" : basisText(figure, { short: true });
  if (measure.kind === "duration") return figure.p90?.value === null ? "" : written(measure, figure.p90.value, { short: true });
  return national.value ? `${whole((100 * figure.value) / national.value)}\u00a0%` : "";
}

function drawHeads(front, { measure }, columns, narrow) {
  const heads = {
    share: [text("share"), text("countOfAll")],
    rate: [text("value"), text("countOfAll")],
    duration: [text("median"), text("p90")],
    count: [text("count"), text("ofNational")],
  }[measure.kind];
  const shown = [[heads[0], columns.value], ...(narrow ? [] : [[heads[1], columns.detail]])];
  front.selectAll("text.head").data(shown).join("text").attr("class", "head").attr("text-anchor", "end")
    .attr("x", ([, place]) => place).attr("y", TOP - 10).text(([name]) => name);
}

/** The national median, share, or mean per unit; for durations also the national 90th percentile, dashed. */
function referenceLines({ measure, national, ranked }) {
  const lines = [];
  if (national.value !== null) {
    const value = measure.kind === "count" ? national.value / ranked.length : national.value;
    const name = measure.kind === "count" ? text("perUnit") : text("nationalShort");
    lines.push({ key: "main", value, label: `${name} ${written(measure, value, { short: !isPair(measure) })}` });
    const { p90 } = spread(national);
    if (p90 !== null) lines.push({ key: "p90", value: p90, label: `p90 ${written(measure, p90, { short: true })}` });
  }
  return lines;
}

function drawReference(back, front, lines, x, height) {
  back.selectAll("line.reference").data(lines, ({ key }) => key).join("line")
    .attr("class", ({ key }) => `reference reference-${key}`).attr("y1", TOP - 24).attr("y2", height - 6)
    .attr("x1", ({ value }) => x(value)).attr("x2", ({ value }) => x(value));
  // Two labels lean away from each other; a single one leans away from the nearer edge.
  const [least, most] = x.range();
  const leansLeft = ({ key, value }) => (lines.length > 1 ? key === "main" : x(value) > (least + 2 * most) / 3);
  front.selectAll("text.reference-label").data(lines, ({ key }) => key).join("text").attr("class", "reference-label")
    .attr("y", TOP - 31).attr("text-anchor", (line) => (leansLeft(line) ? "end" : "start"))
    .attr("x", (line) => x(line.value) + (leansLeft(line) ? 3 : -3)).text(({ label }) => label);
}

function domainEnd({ measure, ranked, national }) {
  if (measure.kind === "share") return 1;
  const values = [...ranked.map(({ figure }) => figure), ...(measure.kind === "duration" ? [national] : [])]
    .map((figure) => spread(figure).p90 ?? figure.value ?? 0);
  return measure.kind === "rate" ? Math.max(0, ...values) || 1 : Math.max(1, ...values);
}
