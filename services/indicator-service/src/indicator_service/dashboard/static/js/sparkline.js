/** A course of twelve months in a line of a table: the unit, the country as a thin line, and what is hidden. */

import { text } from "./language.js";
import { d3 } from "./lib.js";
import { written } from "./measures.js";

const WIDTH = 120;
const HEIGHT = 26;
const EDGE = 4;

/** Make the picture of the points of a unit and of the nation, with its words; null where there is nothing to draw. */
export function sparkline(measure, own, national) {
  if (own.every(({ value, suppressed }) => value === null && !suppressed)) return null;
  const values = [...own, ...national].map(({ value }) => value).filter((value) => value !== null);
  const most = measure.kind === "share" ? 1 : Math.max(...values, 0) || 1;
  const x = d3.scaleLinear().domain([0, own.length - 1]).range([EDGE, WIDTH - EDGE]);
  const y = d3.scaleLinear().domain([0, most]).range([HEIGHT - EDGE, EDGE]);
  const path = d3.line().defined(({ value }) => value !== null).x((_, at) => x(at)).y(({ value }) => y(value));
  const svg = d3.create("svg").attr("class", "spark").attr("viewBox", `0 0 ${WIDTH} ${HEIGHT}`).attr("width", WIDTH).attr("height", HEIGHT)
    .attr("role", "img").attr("aria-label", sparkLabel(measure, own));
  svg.append("path").attr("class", "spark-national").attr("d", path(national));
  svg.append("path").attr("class", "spark-own").attr("d", path(own));
  const step = (WIDTH - 2 * EDGE) / (own.length - 1);
  svg.selectAll("rect").data(own.map(({ suppressed }, at) => ({ suppressed, at })).filter(({ suppressed }) => suppressed)).join("rect")
    .attr("class", "spark-hidden").attr("x", ({ at }) => x(at) - step / 2 + 1).attr("width", step - 2).attr("y", HEIGHT - 5).attr("height", 4);
  svg.selectAll("circle").data(alone(own)).join("circle").attr("class", "spark-point").attr("r", 2.5)
    .attr("cx", ({ at }) => x(at)).attr("cy", ({ value }) => y(value));
  return svg.node();
}

/** The last point, and those without a neighbour, which no line would show. */
function alone(points) {
  const shown = points.map(({ value }, at) => ({ value, at })).filter(({ value }) => value !== null);
  const there = new Set(shown.map(({ at }) => at));
  return shown.filter(({ at }, place) => place === shown.length - 1 || !(there.has(at - 1) || there.has(at + 1)));
}

function sparkLabel(measure, points) {
  const shown = points.filter(({ value }) => value !== null);
  const hidden = points.filter(({ suppressed }) => suppressed).length;
  const ends = shown.length ? [written(measure, shown[0].value), written(measure, shown.at(-1).value)] : null;
  return text("sparkLabel", ends, hidden);
}
