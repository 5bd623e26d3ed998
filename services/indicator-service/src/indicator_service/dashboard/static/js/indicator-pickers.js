/** What is chosen on one indicator's page: each choice is a step that the back button undoes. */

import { pick, text, whole } from "./language.js";
import { byId, element, setText } from "./lib.js";
import { fillPeriods, ROLLING } from "./periods.js";
import { fillStructures, NOW, unitOptions } from "./structure.js";
import { NATIONAL, nameOf, shortName } from "./units.js";

/** How many months a series may show. */
export const SPANS = [12, 24, 36, 60];
/** How many units stand beside the chosen one and the nation: more lines are not told apart. */
export const MOST = 4;

/** Make the choosers; `onChange(patch)` hears what is to be in the address. */
export function createPickers({ onChange }) {
  const hears = (id, name) => byId(id).addEventListener("change", ({ target }) => onChange({ [name]: target.value }));
  for (const [id, name] of Object.entries({
    "one-indicator": "show", "one-unit": "unit", "one-period": "period", "one-structure": "structure", "one-points": "points", "one-span": "span", "one-by": "by",
  })) hears(id, name);
  byId("one-compare").addEventListener("change", () => {
    onChange({ compare: [...byId("one-compare").querySelectorAll(":checked")].map(({ value }) => value).join(",") });
  });

  return {
    draw(chosen, state) {
      const { measures, units, ended } = state;
      const numbered = measures.filter(({ number }) => number !== undefined);
      fill(byId("one-indicator"), numbered.map(({ id, number, name }) => [id, `${whole(number)} ${pick(name)}`]), chosen.measure.id);
      fill(byId("one-unit"), [[NATIONAL, text("national")], ...unitOptions({ units, ended: chosen.structure === NOW ? [] : ended })], chosen.unit);
      fillStructures(byId("one-structure"), chosen.structure, state);
      fillPeriods(byId("one-period"), chosen.period);
      fill(byId("one-points"), [["month", text("pointsMonth")], [ROLLING, text("pointsTwelve")]], chosen.points);
      fill(byId("one-span"), SPANS.map((months) => [String(months), text("lastMonths", months)]), String(chosen.span));
      fill(byId("one-by"), chosen.measure.dimensions.map((each) => [each, text("dimensions")[each].name]), chosen.by ?? "");
      drawCompare(chosen, units);
    },
  };
}

function fill(select, options, value) {
  select.replaceChildren(...options.map(([id, name]) => element("option", { value: id }, name)));
  select.value = value;
}

function drawCompare({ unit, compare }, units) {
  const box = byId("one-compare");
  const names = compare.map((id) => nameOf(id, units)).join(", ");
  setText(byId("one-compare-name"), names ? text("comparedWith", names) : text("compareWith"));
  setText(box.querySelector("legend"), text("compareLegend", MOST));
  const focused = document.activeElement?.closest("#one-compare input")?.value;
  box.querySelectorAll("label").forEach((label) => label.remove());
  for (const each of units.filter(({ id }) => id !== unit)) {
    const checked = compare.includes(each.id);
    box.append(element("label", {},
      element("input", { type: "checkbox", value: each.id, ".checked": checked, disabled: !checked && compare.length >= MOST }),
      shortName(each)));
  }
  if (focused) box.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
}
