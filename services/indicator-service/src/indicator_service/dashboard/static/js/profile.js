/** One unit among the others: a strip for each indicator with all units, the national figure, and the chosen unit. */

import { pick, text } from "./language.js";
import { byId, d3, element, setText, show } from "./lib.js";
import { comparedText, countText, figureText, gapText, read, written } from "./measures.js";
import { hrefOf, UNIT } from "./route.js";

const HEIGHT = 20;
const EDGE = 7;

/** Make the panel; `onClear()` hears that the whole country is wanted. */
export function createProfile({ onClear }) {
  const target = byId("profile");
  byId("profile-clear").addEventListener("click", onClear);
  let drawn = () => {};
  new ResizeObserver(() => requestAnimationFrame(() => drawn())).observe(target);

  return {
    draw(view, measures) {
      drawn = () => drawProfile(target, view, measures);
      drawn();
    },
  };
}

function drawProfile(target, view, measures) {
  const row = view.rows.find(({ id }) => id === view.selected);
  const metrics = row ? row.metrics : view.nationalMetrics;
  setText(byId("profile-title"), row ? titleOf(row) : text("national"));
  show(byId("profile-clear"), Boolean(row));
  show(byId("profile-page"), Boolean(row));
  if (row) byId("profile-page").setAttribute("href", hrefOf(UNIT, { unit: row.id }));
  const counts = metrics?.counts ?? {};
  setText(byId("profile-counts"), row ? countsText(counts) : text("profileHint"));
  const indicators = measures.filter(({ kind }) => kind !== "count");
  const strips = d3.select(target).selectAll("div.strip").data(indicators, ({ id }) => id).join(
    (entering) => entering.append(() => makeStrip()),
  );
  strips.each(function fill(measure) { drawStrip(this, measure, view, row); });
  target.dataset.empty = String(!row);
}

/** The official English names of the special bodies are too long for a heading. */
const titleOf = ({ unit, name, short }) => (unit.kind === "district" ? name : short);

function countsText(counts) {
  const named = [["open", counts.open], ["opened", counts.opened], ["closed", counts.closed], ["concernsReceived", counts.concerns_received]];
  return named.map(([key, figure]) => `${text(key)} ${countText(figure)}`).join(" · ");
}

function makeStrip() {
  return element("div", { class: "strip" },
    element("p", { class: "strip-head" }, element("span", { class: "strip-name" }), element("span", { class: "strip-value" })),
    element("div", { class: "strip-plot" }));
}

function drawStrip(strip, measure, view, row) {
  const national = read(measure, view.nationalMetrics);
  const own = row ? read(measure, row.metrics) : national;
  const gap = row ? gapText(measure, own, national) : "";
  setText(strip.querySelector(".strip-name"), pick(measure.name));
  setText(strip.querySelector(".strip-value"), [figureText(measure, own), gap && `(${gap})`].filter(Boolean).join(" "));
  const others = view.rows.map(({ id, metrics }) => ({ id, value: read(measure, metrics).value })).filter(({ value }) => value !== null);
  const plot = strip.querySelector(".strip-plot");
  const width = Math.round(plot.clientWidth);
  if (width < 40) return;
  const most = measure.kind === "share" ? 1 : Math.max(measure.kind === "rate" ? 0 : 1, ...others.map(({ value }) => value)) || 1;
  const x = d3.scaleLinear().domain([0, most]).range([EDGE, width - EDGE]);
  const svg = d3.select(plot).selectAll("svg").data([null]).join("svg")
    .attr("viewBox", `0 0 ${width} ${HEIGHT}`).attr("width", width).attr("height", HEIGHT)
    .attr("role", "img").attr("aria-label", stripLabel(measure, own, national, others, row));
  svg.selectAll("line.strip-axis").data([null]).join("line").attr("class", "strip-axis")
    .attr("x1", EDGE).attr("x2", width - EDGE).attr("y1", HEIGHT / 2).attr("y2", HEIGHT / 2);
  svg.selectAll("circle.strip-other").data(others, ({ id }) => id).join("circle").attr("class", "strip-other")
    .attr("r", 4).attr("cy", HEIGHT / 2).style("cx", ({ value }) => `${x(value)}px`);
  svg.selectAll("line.strip-national").data(national.value === null ? [] : [national.value]).join("line")
    .attr("class", "strip-national").attr("y1", 1).attr("y2", HEIGHT - 1).attr("x1", x).attr("x2", x);
  svg.selectAll("circle.strip-own").data(row && own.value !== null ? [own.value] : []).join("circle").attr("class", "strip-own")
    .attr("r", 6).attr("cy", HEIGHT / 2).style("cx", (value) => `${x(value)}px`);
}

function stripLabel(measure, own, national, others, row) {
  const [least, most] = d3.extent(others, ({ value }) => value);
  const range = others.length ? `${written(measure, least)} – ${written(measure, most)}` : text("noValue");
  return [pick(measure.name), row && [row.name, figureText(measure, own), comparedText(measure, own, national)].filter(Boolean).join(" "),
    `${text("national")} ${figureText(measure, national)}`, range].filter(Boolean).join(", ");
}
