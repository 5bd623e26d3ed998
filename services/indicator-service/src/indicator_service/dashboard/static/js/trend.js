/** An indicator month by month: a line for each unit before the bands of the target that was in force. */

import { text } from "./language.js";
import { byId, d3, element, setText } from "./lib.js";
import { written } from "./measures.js";
import { roving, rowMoves } from "./roving.js";
import { fillTable } from "./tables.js";
import { bandsOf, drawBands } from "./trend-bands.js";
import { monthLabel, mostOf, trendNotes, trendSummary, trendTable } from "./trend-view.js";

const HEIGHT = 300;
const EDGES = { top: 14, right: 16, bottom: 30, left: 52 };
const LABEL_ROOM = 52;
const MARK = 40;
const SHAPES = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolStar, d3.symbolWye];

/** Make the chart; `onSelect(month)` hears which month is chosen. */
export function createTrend({ onSelect }) {
  const target = byId("one-trend");
  const svg = d3.select(target).append("svg").attr("role", "none");
  addHatch(svg.append("defs"));
  const back = svg.append("g").attr("aria-hidden", "true");
  const list = svg.append("g").attr("role", "listbox").attr("aria-labelledby", "one-trend-title").attr("aria-describedby", "one-trend-keys");
  const front = svg.append("g").attr("class", "trend-lines").attr("aria-hidden", "true");
  const keys = roving(list.node(), { next: rowMoves, onSelect: (option) => onSelect(option.dataset.month) });
  let drawn = null;

  function redraw() {
    const width = Math.round(target.clientWidth);
    if (!drawn || width < 120) return;
    const { view, chosen } = drawn;
    svg.attr("viewBox", `0 0 ${width} ${HEIGHT}`).attr("width", width).attr("height", HEIGHT);
    const scales = scalesOf(view, width);
    back.selectAll("*").remove();
    drawBands(back, view, scales);
    drawAxes(back, view, scales, width);
    drawMonths(list, view, scales, chosen);
    drawLines(front, view, scales);
    keys.settle();
  }

  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(target);
  return {
    draw(view, chosen) {
      drawn = { view, chosen };
      drawKey(view);
      setText(byId("one-trend-summary"), trendSummary(view));
      setText(byId("one-trend-note"), trendNotes(view));
      fillTable(byId("one-trend-table"), trendTable(view));
      redraw();
    },
  };
}

function addHatch(defs) {
  const pattern = defs.append("pattern").attr("id", "one-trend-hatch").attr("width", 6).attr("height", 6)
    .attr("patternUnits", "userSpaceOnUse").attr("patternTransform", "rotate(45)");
  pattern.append("rect").attr("width", 6).attr("height", 6).attr("class", "hatch-ground");
  pattern.append("rect").attr("width", 2).attr("height", 6).attr("class", "hatch-line");
}

function scalesOf(view, width) {
  const x = d3.scaleBand().domain(d3.range(view.months.length)).range([EDGES.left, width - EDGES.right]);
  const y = d3.scaleLinear().domain([0, mostOf(view)]).range([HEIGHT - EDGES.bottom, EDGES.top]);
  if (view.measure.kind !== "share") y.nice(5);
  return { x, y, middle: (at) => x(at) + x.bandwidth() / 2 };
}

function drawAxes(back, { measure, months }, { x, y, middle }, width) {
  const ticks = back.selectAll("g.tick").data(y.ticks(5)).join("g").attr("class", "tick").attr("transform", (value) => `translate(0, ${y(value)})`);
  ticks.append("line").attr("class", "grid-line").attr("x1", EDGES.left).attr("x2", width - EDGES.right);
  ticks.append("text").attr("class", "tick-label").attr("x", EDGES.left - 8).attr("dy", "0.33em").attr("text-anchor", "end")
    .text((value) => written(measure, value, { short: true }));
  // Counted from the last month, which is the one that is looked for.
  const every = Math.ceil(LABEL_ROOM / x.bandwidth());
  const named = months.filter(({ at }) => (months.length - 1 - at) % every === 0);
  back.selectAll("text.month-label").data(named).join("text").attr("class", "month-label tick-label").attr("text-anchor", "middle")
    .attr("x", ({ at }) => middle(at)).attr("y", HEIGHT - 10).text(({ short }) => short);
}

/** A column for each month, which keys and the pointer reach; what is hidden of the unit is hatched. */
function drawMonths(list, view, { x, y }, chosen) {
  const [top, bottom] = [EDGES.top, y(0)];
  const columns = list.selectAll("g.month").data(view.months, ({ key }) => key).join((entering) => {
    const made = entering.append("g").attr("class", "month").attr("role", "option").attr("tabindex", "-1");
    made.append("rect").attr("class", "month-hidden").attr("fill", "url(#one-trend-hatch)");
    made.append("rect").attr("class", "month-hit").attr("y", top).attr("rx", 2);
    return made;
  });
  columns.attr("data-month", ({ key }) => key).attr("data-place", ({ at }) => at)
    .attr("aria-selected", ({ key }) => String(key === chosen)).classed("is-chosen", ({ key }) => key === chosen)
    .attr("aria-label", (month) => monthLabel(view, month)).order();
  columns.select(".month-hit").attr("x", ({ at }) => x(at)).attr("width", x.bandwidth()).attr("height", bottom - top);
  columns.select(".month-hidden").style("display", ({ at }) => (view.lines[0].points[at].suppressed ? null : "none"))
    .attr("x", ({ at }) => x(at) + 2).attr("width", Math.max(2, x.bandwidth() - 4)).attr("y", bottom - 26).attr("height", 26);
}

function drawLines(front, { lines }, { y, middle }) {
  const draw = d3.line().defined(({ value }) => value !== null).x((_, at) => middle(at)).y(({ value }) => y(value));
  // The unit that the page is about lies over the others.
  const groups = front.selectAll("g.line").data([...lines].reverse(), ({ unit }) => unit).join((entering) => {
    const made = entering.append("g");
    made.append("path").attr("class", "line-path");
    return made;
  });
  groups.attr("class", ({ place }) => `line line-${place}`).order();
  groups.select(".line-path").attr("d", ({ points }) => draw(points));
  groups.selectAll("path.line-mark").data(({ points, place }) => points.map(({ value }, at) => ({ value, at, place })).filter(({ value }) => value !== null))
    .join("path").attr("class", "line-mark").attr("d", ({ place }) => markOf(place)())
    .attr("transform", ({ value, at }) => `translate(${middle(at)}, ${y(value)})`);
}

const markOf = (place) => d3.symbol(SHAPES[place % SHAPES.length], place === 0 ? MARK + 12 : MARK);

/** What each line and ground means, told apart by shape and dashes as well as by colour. */
function drawKey(view) {
  const swatch = (paint) => {
    const svg = d3.create("svg").attr("width", 30).attr("height", 14).attr("aria-hidden", "true");
    paint(svg);
    return svg.node();
  };
  const lines = view.lines.map(({ name, place }) => element("li", {}, swatch((svg) => {
    const group = svg.append("g").attr("class", `line line-${place}`);
    group.append("path").attr("class", "line-path").attr("d", "M0,7 H30");
    group.append("path").attr("class", "line-mark").attr("d", markOf(place)()).attr("transform", "translate(15, 7)");
  }), name));
  const ground = (name, said) => element("li", {}, swatch((svg) => svg.append("rect").attr("class", name).attr("width", 30).attr("height", 14)), said);
  const bands = bandsOf(view).length ? [ground("band band-met", text("bandMet")), ground("band band-near", text("bandNear"))] : [];
  const hidden = view.lines[0].points.some(({ suppressed }) => suppressed)
    ? [element("li", {}, element("span", { class: "swatch", "data-step": "hidden" }), text("hidden"))] : [];
  byId("one-key").replaceChildren(...lines, ...bands, ...hidden);
}
