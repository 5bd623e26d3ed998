/** Opened against closed, unit by unit, in the order of the ranked chart and in line with its rows. */

import { cell, createChart, drawAxis, joinRows, ROW, TOP } from "./chart.js";
import { text, whole } from "./language.js";
import { byId, d3, setText } from "./lib.js";
import { countText } from "./measures.js";
import { fillTable } from "./tables.js";

const BAR = 11;
const PARTS = ["opened", "closed"];
const ROOM_FOR_VALUE = 40;

/** Make the chart; `isAligned()` tells whether the ranked chart stands beside it with the units' names. */
export function createFlow({ onSelect, isAligned }) {
  const chart = createChart({
    target: byId("flow"), labelledBy: "flow-title flow-summary", walkable: false, onSelect, draw: (frame) => drawRows(frame, isAligned()),
  });
  return {
    draw(view) {
      setText(byId("flow-note"), text(isAligned() ? "flowNote" : "flowNoteAlone"));
      const { counts } = view.nationalMetrics ?? {};
      setText(byId("flow-summary"), text("flowSummary", countText(counts?.opened), countText(counts?.closed)));
      fillTable(byId("flow-table"), flowTable(view));
      chart.redraw(view);
    },
  };
}

function drawRows({ view, width, height, back, list, front, hatch }, aligned) {
  const left = aligned ? 6 : 112;
  const counts = view.ranked.flatMap(({ metrics }) => PARTS.map((part) => metrics?.counts[part]?.value ?? 0));
  const x = d3.scaleLinear().domain([0, Math.max(1, d3.max(counts))]).range([left, width - ROOM_FOR_VALUE]).nice(4);
  drawAxis(back, { x, ticks: 4, format: whole, height });
  drawKey(front, left);
  const rows = joinRows(list, view, { width, kind: String(aligned), enter: (row) => enterRow(row, aligned) });
  rows.select(".row-name").text(({ short }) => short);
  for (const part of PARTS) {
    rows.each(function place({ metrics }) { placeBar(d3.select(this), part, metrics?.counts[part], x, hatch); });
  }
}

function enterRow(row, aligned) {
  PARTS.forEach((part, index) => {
    const top = (ROW - 2 * BAR) / 2 + index * BAR;
    row.append("rect").attr("class", `flow-bar flow-${part}`).attr("y", top + 1).attr("height", BAR - 2).attr("rx", 1);
    row.append("text").attr("class", `flow-value flow-value-${part}`).attr("y", top + BAR / 2).attr("dy", "0.34em");
  });
  if (!aligned) cell(row, "row-name", 6);
}

function placeBar(row, part, figure, x, hatch) {
  const value = figure?.value ?? 0;
  const end = figure?.suppressed ? x.range()[0] + 20 : x(value);
  row.select(`.flow-${part}`).style("x", `${x(0)}px`).style("width", `${Math.max(figure?.value === 0 ? 0 : 1, end - x(0))}px`)
    .style("fill", figure?.suppressed ? hatch : null).classed("is-hidden", Boolean(figure?.suppressed));
  row.select(`.flow-value-${part}`).attr("x", end + 5).text(countText(figure));
}

function drawKey(front, left) {
  const key = front.selectAll("g.key").data(PARTS).join((entering) => {
    const made = entering.append("g").attr("class", "key");
    made.append("rect").attr("width", 10).attr("height", 10).attr("rx", 1).attr("class", (part) => `flow-bar flow-${part}`);
    made.append("text").attr("x", 15).attr("y", 9);
    return made;
  });
  key.attr("transform", (_, index) => `translate(${left + index * 96}, ${TOP - 42})`);
  key.select("text").text((part) => text(part));
}

function flowTable({ ranked, nationalMetrics }) {
  const cells = (metrics) => [...PARTS, "open"].map((part) => countText(metrics?.counts[part]));
  return {
    caption: text("flowTitle"),
    columns: [text("unit"), text("opened"), text("closed"), text("open")],
    rows: [...ranked.map(({ name, metrics }) => [name, ...cells(metrics)]), [text("national"), ...cells(nationalMetrics)]],
  };
}
