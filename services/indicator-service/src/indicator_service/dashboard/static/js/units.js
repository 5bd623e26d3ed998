/** The units: their names on a narrow chart, and their places on the tile map. */

import { pick, text } from "./language.js";

/** Column and row of each district: neighbours touch, and the outline is that of Norway, south-west to north-east. */
const PLACES = {
  troms: [3, 0], finnmark: [4, 0],
  nordland: [2, 1],
  "more-og-romsdal": [1, 2], trondelag: [2, 2],
  vest: [1, 3], innlandet: [2, 3],
  "sor-vest": [0, 4], "sor-ost": [1, 4], oslo: [2, 4], ost: [3, 4],
  agder: [1, 5],
};
const ROWS_OF_MAP = 6;
const COLUMNS = 5;
const SHORT = { kripos: "Kripos", okokrim: "Økokrim", up: "UP", pu: "PU", phs: "PHS" };

export const NATIONAL = "national";

/** The units that hold cases and are there today, each with its place; those that the map doesn't know come in rows below it. */
export function placedUnits(units) {
  let spare = 0;
  return units.filter(({ holds_cases: holds, valid_until: until }) => holds && !until).map((unit) => {
    const known = PLACES[unit.id];
    const below = known ? null : spare++;
    const [column, row] = known ?? [below % COLUMNS, ROWS_OF_MAP + Math.floor(below / COLUMNS)];
    return { ...unit, column, row, onMap: Boolean(known) };
  });
}

/** The units that held cases and are no more; their figures are read, not streamed. */
export const endedUnits = (units) => units.filter(({ holds_cases: holds, valid_until: until }) => holds && until);

/** Whether units ever changed, so that there is another structure to show figures in. */
export const reorganised = ({ units, ended }) => ended.length > 0 || units.some(({ valid_from: from }) => from);

/** The name without «politidistrikt», or the abbreviation that everyone uses. */
export const shortName = (unit) => SHORT[unit.id] ?? pick(unit.name).replace(/ (politidistrikt|Police District)$/, "");

/** What a unit of the API is called in a chart; the nation is one too, and an unknown one keeps its id. */
export function nameOf(id, units) {
  if (id === NATIONAL) return text("national");
  const unit = units.find((each) => each.id === id);
  return unit ? shortName(unit) : id;
}
