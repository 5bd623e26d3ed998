/** Words and rows about a pilot programme and its comparison. */

import { dayName, decimal, monthName, pick, text, whole } from "./language.js";
import { element } from "./lib.js";
import { basisText, figureText, written } from "./measures.js";
import { hrefOf, INDICATOR, UNIT } from "./route.js";
import { nameOf } from "./units.js";

const noon = (day) => new Date(`${day}T12:00:00Z`);
const days = (first, last) => `${dayName(noon(first))} – ${dayName(noon(last))}`;

/** What a programme is, each `[name, text]`. */
export function pilotFacts(pilot, measures) {
  const types = text("dimensions").case_type.categories;
  const judged = pilot.indicators.map((number) => {
    const measure = measures.find((each) => each.number === number);
    return `${whole(number)} ${measure ? pick(measure.name) : ""}`.trim();
  });
  return [
    [text("pilotStanding"), text("pilotStates")[pilot.state] ?? pilot.state],
    [text("opens"), pilot.case_types.map((code) => types[code] ?? code).join(", ")],
    [text("pilotDays"), days(pilot.valid_from, pilot.valid_until)],
    [text("endsOn"), pilot.goes_on_until !== pilot.valid_until && pilot.goes_on_until >= pilot.valid_from ? dayName(noon(pilot.goes_on_until)) : ""],
    [text("baseline"), days(pilot.baseline_from, pilot.baseline_until)],
    [text("judgedBy"), judged.join("; ")],
    [text("reason"), pilot.reason],
    [text("endingReason"), pilot.ending_reason ?? ""],
  ].filter(([, said]) => said);
}

/** The enrolments of a programme as rows of a table; of a unit that ended, who has its work. */
export function enrolmentRows({ enrolments }, units) {
  return enrolments.map((enrolment) => {
    const { unit, valid_from: first, valid_until: last } = enrolment;
    return element("tr", {},
      element("th", { scope: "row" }, linkTo(unit, units), endedNote(enrolment, units)),
      element("td", {}, dayName(noon(first))),
      element("td", {}, last === null ? text("goesOn") : last < first ? text("neverTookPart") : dayName(noon(last))));
  });
}

const linkTo = (unit, units) => element("a", { href: hrefOf(UNIT, { unit }) }, nameOf(unit, units));

function endedNote({ unit_ended_on: day, successors }, units) {
  if (!day) return null;
  const links = successors.flatMap((unit, place) => [place ? ", " : " ", linkTo(unit, units)]);
  return element("span", { class: "apart" }, `${text("unitEnded", dayName(noon(day)))} ${text("workWentTo")}`, ...links,
    `. ${text("enrolledByThemselves")}`);
}

/** Which months are set against which. */
export function spellsText({ before, after }) {
  const spell = (found) => (found ? months(found) : text("noMonthYet"));
  return text("spells", spell(before), spell(after));
}

function months({ first_month: first, last_month: last }) {
  const [from, to] = [first, last].map((month) => monthName(noon(`${month.slice(0, 7)}-15`)));
  return from === to ? from : `${from} – ${to}`;
}

/** One indicator of the comparison as a row: the units, the others, and the difference with how far it may be off. */
export function comparedRow(found, measures) {
  const measure = measures.find(({ number }) => number === found.number) ?? { kind: found.kind };
  return element("tr", { "data-indicator": found.number },
    element("th", { scope: "row" }, element("a", { href: hrefOf(INDICATOR, { show: found.number }) }, `${whole(found.number)} ${pick(found.name)}`)),
    ...[found.units, found.others].flatMap(({ before, after }) => [sideCell(measure, before), sideCell(measure, after)]),
    element("td", { class: "value-cell" }, differenceText(measure, found)),
    element("td", {}, intervalText(measure, found)),
    element("td", {}, chanceText(found)));
}

function sideCell(measure, side) {
  const figure = { ...side, ...side.value };
  const basis = figure.value === null ? "" : basisText(figure);
  return element("td", {}, figureText(measure, figure), basis ? element("span", { class: "apart" }, basis) : null);
}

/** A change with its sign, of a share in percentage points. */
function signed(measure, value) {
  const size = Math.abs(value);
  const amount = measure.kind === "share" ? `${decimal(size * 100)}\u00a0${text("pointsShort")}` : written(measure, size);
  return Math.abs(value) < 0.0005 ? "±0" : `${value > 0 ? "+" : "−"}${amount}`;
}

function differenceText(measure, { difference, too_few: few }) {
  if (difference.suppressed) return text("hidden");
  if (difference.value === null) return text(few ? "tooFew" : "noValue");
  return signed(measure, difference.value);
}

function intervalText(measure, { low, high }) {
  if (low.suppressed) return text("hidden");
  return low.value === null ? "–" : text("fromTo", signed(measure, low.value), signed(measure, high.value));
}

function chanceText({ by_chance: chance }) {
  if (!chance) return "–";
  if (chance.choices.suppressed) return text("hidden");
  return chance.choices.value === null ? "–" : text("byChance", whole(chance.as_extreme.value), whole(chance.choices.value));
}
