/** The tile map: one tile of the same size for each unit, coloured by the chosen measure. */

import { colourScale } from "./colours.js";
import { byId, element, setText } from "./lib.js";
import { language, text } from "./language.js";
import { figureText, isThin, written } from "./measures.js";
import { mapMoves, roving } from "./roving.js";

const ROWS = 6;
const ENOUGH = 5;

/** Make the map; `onSelect(unit)` hears a choice. */
export function createTiles({ onSelect }) {
  const map = byId("map");
  const keys = roving(map, { next: mapMoves, onSelect: (option) => onSelect(option.dataset.unit) });
  const tiles = new Map();
  const legend = element("div", { class: "legend", "aria-hidden": "true" });
  const groups = {
    district: element("div", { class: "tiles", role: "group" }),
    body: element("div", { class: "tiles bodies", role: "group" }),
  };
  const heading = element("p", { class: "bodies-title note", "aria-hidden": "true" });

  function build(rows) {
    tiles.clear();
    groups.district.replaceChildren();
    groups.body.replaceChildren();
    for (const row of rows) {
      const made = tileOf(row.unit);
      tiles.set(row.id, made);
      (row.unit.onMap ? groups.district : groups.body).append(made.tile);
    }
    groups.district.append(legend);
    map.replaceChildren(groups.district, heading, groups.body);
  }

  function draw(view) {
    if (view.rows.length !== tiles.size || view.rows.some(({ id }) => !tiles.has(id))) build(view.rows);
    groups.district.setAttribute("aria-label", text("districts"));
    // A district that was established since has no place on the map, and stands with the special bodies.
    const others = text(view.rows.some(({ unit }) => !unit.onMap && unit.kind === "district") ? "bodiesAndNew" : "bodies");
    groups.body.setAttribute("aria-label", others);
    setText(heading, others);
    const scale = colourScale(view.measure, scaledValues(view));
    for (const row of view.rows) paint(tiles.get(row.id), row, view, scale);
    drawLegend(legend, view, scale);
    keys.settle();
  }

  return { draw };
}

/** The values that set the scale: one that rests on a handful is no measure for the others. */
function scaledValues({ rows }) {
  const solid = rows.filter(({ figure }) => !isThin(figure));
  return (solid.length >= ENOUGH ? solid : rows).map(({ figure }) => figure.value);
}

function tileOf(unit) {
  const name = element("span", { class: "tile-name" });
  const value = element("span", { class: "tile-value" });
  const tile = element("div", {
    class: "tile", role: "option", tabindex: "-1", "data-unit": unit.id, "data-column": unit.column,
    "data-row": unit.onMap ? unit.row : unit.row + ROWS,
  }, name, " ", value);
  tile.style.gridColumn = String(unit.column + 1);
  tile.style.gridRow = String(unit.onMap ? unit.row + 1 : unit.row - ROWS + 1);
  return { tile, name, value };
}

function paint({ tile, name, value }, row, { measure, selected, flash, flashes }, scale) {
  const { figure } = row;
  const kind = figure.suppressed ? "hidden" : figure.value === null ? "none" : String(scale.step(figure.value));
  tile.dataset.step = kind;
  tile.setAttribute("aria-selected", String(row.id === selected));
  setText(name, row.short);
  setText(value, figure.suppressed ? text("hidden") : figureText(measure, figure, { short: true }));
  // The name starts with what is seen, so that saying it finds the tile.
  tile.setAttribute("aria-label", [`${name.textContent} ${value.textContent}`, ...row.rest].join(", "));
  // Two names for one animation, so that it starts again.
  if (flash.has(row.id)) tile.dataset.flash = String(flashes % 2);
}

function drawLegend(legend, { measure, rows }, { breaks, steps }) {
  const key = JSON.stringify([measure.id, breaks, language(), rows.some(({ figure }) => figure.suppressed)]);
  if (legend.dataset.key === key) return;
  legend.dataset.key = key;
  const swatches = steps.map((step) => element("span", { class: "swatch", "data-step": step }));
  const labels = breaks.map((value) => element("span", {}, written(measure, value, { short: true })));
  legend.replaceChildren(
    element("div", { class: "legend-swatches" }, ...swatches),
    element("div", { class: "legend-labels" }, ...labels),
    ...(rows.some(({ figure }) => figure.suppressed)
      ? [element("div", { class: "legend-hidden" }, element("span", { class: "swatch", "data-step": "hidden" }), text("hidden"))] : []),
  );
  legend.dataset.steps = String(steps.length);
}
