/** The structure of units that figures are shown in: as units were, or today's; and what became of a unit. */

import { dayName, pick, text } from "./language.js";
import { element } from "./lib.js";
import { hrefOf, UNIT } from "./route.js";
import { nameOf, reorganised } from "./units.js";

export const THEN = "then";
export const NOW = "now";

/** The structure that an address asks for; as units were, unless it says today's. */
export const structureOf = (route) => (route.structure === NOW ? NOW : THEN);

/** Fill the switch, which is there once units have changed. */
export function fillStructures(select, chosen, state, { shown = true } = {}) {
  select.replaceChildren(...[[THEN, text("structureThen")], [NOW, text("structureNow")]].map(([id, name]) => element("option", { value: id }, name)));
  select.value = chosen;
  select.parentElement.hidden = !(shown && reorganised(state));
}

/** Units to choose among: those of today, then those that ended, which say so. */
export const unitOptions = ({ units, ended }) => [
  ...units.map((unit) => [unit.id, pick(unit.name)]),
  ...ended.map((unit) => [unit.id, `${pick(unit.name)} (${text("ended", dayName(noon(unit.valid_until)))})`]),
];

/** What became of a unit, in sentences with links: when it began or ended, and whose work it has or who has its. */
export function changeNotes({ id, valid_from: from, valid_until: until, predecessors = [], successors = [] }, state, document) {
  const links = (ids, structure) => ids.flatMap((each, place) => [
    place ? ", " : " ",
    element("a", { href: hrefOf(UNIT, { unit: each, structure }) }, nameOf(each, [...state.units, ...state.ended])),
  ]);
  const notes = [];
  if (until) notes.push([`${text("unitEnded", dayName(noon(until)))} ${text("workWentTo")}`, ...links(successors, NOW)]);
  if (from) notes.push([`${text("unitBegan", dayName(noon(from)))} ${text("workCameFrom")}`, ...links(predecessors, "")]);
  const shown = document?.units.find((each) => each.id === id);
  const others = (shown?.told_together ?? []).filter((each) => each !== id);
  if (others.length) notes.push([text("toldTogether", others.map((each) => nameOf(each, [...state.units, ...state.ended])).join(", "))]);
  if (shown && !shown.told) notes.push([text("notTold")]);
  return notes.map((nodes) => element("p", { class: "note" }, ...nodes));
}

const noon = (day) => new Date(`${day}T12:00:00Z`);
