/** Words about one unit, worked out from its figures, its plan and the pilots that it takes part in. */

import { dayName, pick, text, whole } from "./language.js";
import { element } from "./lib.js";
import { countText, missingText, read, settledText } from "./measures.js";
import { hrefOf, INDICATOR, PILOTS, PLANS } from "./route.js";

const noon = (day) => new Date(`${day}T12:00:00Z`);
const BANDS = ["met", "near", "missed"];

/** The plain counts in a line. */
export function countsLine({ counts, counts_settled_on: settled }) {
  const named = [["open", counts.open], ["opened", counts.opened], ["closed", counts.closed], ["concernsReceived", counts.concerns_received]];
  const [oldest] = Object.values(settled ?? {}).sort();
  return [...named.map(([key, figure]) => `${text(key)} ${countText(figure)}`), settledText({ settled_on: oldest })].filter(Boolean).join(" · ");
}

/** How the unit stands: its targets, its plan, what comes first and what it takes part in, each `[name, nodes]`. */
export function standingFacts({ unit, metrics, covered, pilots, indicators }) {
  const facts = [[text("targets"), [targetsLine(metrics, indicators)]]];
  if (covered) facts.push([text("plan"), [element("a", { href: hrefOf(PLANS, { unit }) }, planLine(covered))]]);
  const first = (metrics?.priorities ?? []).map((each) => priorityLine(each, indicators));
  if (first.length) facts.push([text("comesFirst"), [first.join("; ")]]);
  const taken = (pilots ?? []).filter(({ units }) => units.includes(unit));
  if (taken.length) {
    const links = taken.map((pilot) => element("li", {}, element("a", { href: hrefOf(PILOTS, { pilot: pilot.id }) }, pilotName(pilot))));
    facts.push([text("takesPartIn"), [element("ul", { class: "plain-list" }, ...links)]]);
  }
  return facts;
}

/** The title of a pilot in the language of the page, as far as it has one. */
export const pilotName = (pilot) => pick({ nb: pilot.name_nb, en: pilot.name_en });

/** How a unit stands to the plan that it is to have. */
export function planLine({ standing, covered_until: until }) {
  if (standing === "missing") return text("planMissing");
  return text(standing === "ends_soon" ? "planEndsSoon" : "planCovered", dayName(noon(until)));
}

function targetsLine(metrics, indicators) {
  const aimed = indicators.map((measure) => read(measure, metrics)).filter(({ target }) => target);
  if (aimed.length === 0) return text("noTargets");
  const counted = BANDS.map((band) => [band, aimed.filter(({ target }) => target.band === band).length]);
  const judged = counted.filter(([, count]) => count > 0).map(([band, count]) => `${whole(count)} ${text("bands")[band]}`);
  const open = aimed.filter(({ target }) => !target.band).length;
  return [...judged, open ? text("notJudged", whole(open)) : ""].filter(Boolean).join(", ");
}

function priorityLine({ indicator, theme, valid_until: until }, indicators) {
  const named = indicators.find(({ number }) => number === indicator);
  const name = theme ? text("dimensions").theme.categories[theme] ?? theme : `${whole(indicator)} ${named ? pick(named.name) : ""}`.trim();
  return text("priorityUntil", name, dayName(noon(until)));
}

/** What has no figure and why, each an entry of a list; indicators with the same reason stand together. */
export function missingEntries(metrics, indicators) {
  const byReason = new Map();
  for (const measure of indicators) {
    const reason = reasonOf(read(measure, metrics));
    if (reason) byReason.set(reason, [...(byReason.get(reason) ?? []), measure]);
  }
  if (byReason.size === 0) return [element("li", {}, text("nothingMissing"))];
  return [...byReason].map(([reason, measures]) => element("li", {}, `${reason}: `, ...linksTo(measures, metrics.unit)));
}

function linksTo(measures, unit) {
  return measures.flatMap((measure, at) => [
    at ? ", " : "",
    element("a", { href: hrefOf(INDICATOR, { show: measure.id, unit }), title: pick(measure.name), "aria-label": `${measure.number} ${pick(measure.name)}` }, whole(measure.number)),
  ]);
}

function reasonOf(figure) {
  if (figure.suppressed) return text("reasonHidden");
  if (figure.counted === false) return text("counting");
  return missingText(figure) || (figure.value === null ? text("reasonNothing") : "");
}
