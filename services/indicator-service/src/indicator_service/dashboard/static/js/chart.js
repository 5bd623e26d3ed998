/** What the two row charts share: a sized SVG, one row a unit in the same places, axis and hatching. */

import { d3 } from "./lib.js";
import { listMoves, roving } from "./roving.js";

export const ROW = 29.5;
export const TOP = 44;
const BOTTOM = 6;
const HATCH = 6;
const CLEARANCE = 22;

/**
 * Make an empty chart in `target`; `draw(frame)` is called by `redraw` and when the width changes.
 *
 * With `walkable` the rows are options that keys reach; without, the chart is a picture named by `labelledBy`, for
 * figures that are told elsewhere too. A click selects a unit in both.
 */
export function createChart({ target, labelledBy, walkable, draw, onSelect }) {
  const svg = d3.select(target).append("svg").attr("role", "none");
  const defs = svg.append("defs");
  addHatch(defs, `${target.id}-hatch`);
  const back = svg.append("g").attr("class", "back").attr("aria-hidden", "true");
  const list = svg.append("g").attr("role", walkable ? "listbox" : "img").attr("aria-labelledby", labelledBy);
  const front = svg.append("g").attr("class", "front").attr("aria-hidden", "true");
  const keys = walkable ? roving(list.node(), { next: listMoves, onSelect: (option) => onSelect(option.dataset.unit) }) : null;
  if (!walkable) list.on("click", ({ target: hit }) => onSelect(hit.closest("[data-unit]").dataset.unit));
  let view = null;

  function redraw(next = view) {
    view = next;
    if (!view) return;
    const width = Math.round(target.clientWidth);
    if (width < 40) return;
    const height = TOP + view.ranked.length * ROW + BOTTOM;
    svg.attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
    draw({ view, width, height, back, list, front, hatch: `url(#${target.id}-hatch)` });
    keys?.settle();
  }

  new ResizeObserver(() => requestAnimationFrame(() => redraw())).observe(target);
  return { redraw };
}

function addHatch(defs, id) {
  const pattern = defs.append("pattern").attr("id", id).attr("width", HATCH).attr("height", HATCH)
    .attr("patternUnits", "userSpaceOnUse").attr("patternTransform", "rotate(45)");
  pattern.append("rect").attr("width", HATCH).attr("height", HATCH).attr("class", "hatch-ground");
  pattern.append("rect").attr("width", 2).attr("height", HATCH).attr("class", "hatch-line");
}

/** Join the rows: `enter(row)` fills a new one, and the result is every row, in its place and marked as it should be. */
export function joinRows(list, view, { width, kind, enter }) {
  const walkable = list.attr("role") === "listbox";
  const rows = list.selectAll("g.row").data(view.ranked, ({ id }) => `${kind}:${id}`).join((entering) => {
    const made = entering.append("g").attr("class", "row").attr("role", walkable ? "option" : null).attr("tabindex", walkable ? "-1" : null);
    made.append("rect").attr("class", "row-hit").attr("y", 0).attr("height", ROW).attr("rx", 3);
    made.each(function fill(row) { enter(d3.select(this), row); });
    return made;
  });
  rows.attr("data-unit", ({ id }) => id)
    .attr("data-place", ({ place }) => place)
    .attr("data-kind", ({ unit }) => unit.kind)
    .classed("is-selected", ({ id }) => id === view.selected)
    .attr("aria-selected", ({ id }) => (walkable ? String(id === view.selected) : null))
    .style("transform", ({ place }) => `translate(0px, ${TOP + place * ROW}px)`);
  rows.select(".row-hit").attr("width", width);
  rows.filter(({ id }) => view.flash.has(id)).attr("data-flash", String(view.flashes % 2));
  return rows;
}

/** Draw the axis along the top, with light lines down through the rows; no label stands in the way of `avoid`. */
export function drawAxis(back, { x, ticks, format, height, avoid = [] }) {
  const marks = back.selectAll("g.tick").data(x.ticks(ticks)).join((entering) => {
    const made = entering.append("g").attr("class", "tick");
    made.append("line").attr("y1", TOP - 4).attr("class", "grid-line");
    made.append("text").attr("y", TOP - 10).attr("text-anchor", "middle").attr("class", "tick-label");
    return made;
  });
  marks.attr("transform", (value) => `translate(${x(value)}, 0)`);
  marks.select("line").attr("y2", height - BOTTOM);
  const isFree = (value) => avoid.every((place) => Math.abs(x(value) - place) > CLEARANCE);
  marks.select("text").text((value) => (isFree(value) ? format(value) : ""));
}

/** Append an empty text of a class, apart from the one before it also where texts are read as one. */
export function cell(row, name, x, anchor = "start") {
  row.append(() => document.createTextNode(" "));
  row.append("text").attr("class", name).attr("x", x).attr("y", ROW / 2).attr("dy", "0.35em").attr("text-anchor", anchor);
}

/** What is seen in a row, as the start of its name. */
export const seenIn = (row) => [...row.querySelectorAll("text")].map((node) => node.textContent).filter(Boolean).join(" ");
