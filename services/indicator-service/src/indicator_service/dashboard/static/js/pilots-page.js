/** The pilot programmes: what each tries and where, and what the comparison with the other units shows and does not. */

import { dateTime, language, pick, text } from "./language.js";
import { byId, element, setText, show } from "./lib.js";
import { comparedRow, enrolmentRows, pilotFacts, spellsText } from "./pilots-view.js";
import { createReader } from "./reader.js";
import { go, PILOTS, readRoute } from "./route.js";
import { pilotName } from "./unit-view.js";

const UNIT_HEADS = ["unit", "firstDay", "lastDay"];
const COMPARED_HEADS = ["indicator", "unitsBefore", "unitsSince", "othersBefore", "othersSince", "difference", "interval", "chance"];

/** Make the page; `session` is who reads, and hears how that goes. */
export function createPilotsPage(session) {
  const section = byId("pilots-page");
  const reader = createReader({ session, onRead });
  let [state, found] = [null, null];
  byId("pilots-pilot").addEventListener("change", ({ target }) => go(PILOTS, { ...carried(), pilot: target.value }));

  function onRead(documents) {
    found = documents;
    byId("pilots-body").setAttribute("aria-busy", "false");
    redraw();
  }

  function redraw() {
    if (!found || section.hidden) return;
    const { all, pilot, comparison } = found;
    show(byId("pilots-none"), pilot === null);
    show(byId("pilots-body"), pilot !== null);
    show(byId("pilots-pilot").parentElement, pilot !== null);
    if (pilot === null) return;
    fillPilots(all, pilot);
    drawProgramme(pilot, state);
    drawComparison(comparison, state);
    setText(byId("pilots-foot"), text("comparedAt", dateTime(new Date(comparison.as_of))));
  }

  return {
    section,
    title: () => (found?.pilot ? pilotName(found.pilot) : text("pilotsTitle")),
    open(route, next) {
      [state, found] = [next, null];
      byId("pilots-body").setAttribute("aria-busy", "true");
      reader.ask((get) => readAll(get, route.pilot));
    },
    draw(next) {
      state = next;
    },
    stale: () => reader.stale(),
    close: () => reader.stop(),
    relabel(next) {
      state = next;
      redraw();
    },
  };
}

function carried() {
  const { page: _, ...choices } = readRoute();
  return choices;
}

/** The programme of the address, else the newest; an address of none that is there leads to the newest too. */
async function readAll(get, asked) {
  const all = [];
  let cursor = null;
  do {
    const page = await get(`/v1/pilots?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor);
  const chosen = all.find(({ id }) => id === asked) ?? all[0];
  if (!chosen) return { all, pilot: null };
  const [pilot, comparison] = await Promise.all([get(`/v1/pilots/${chosen.id}`), get(`/v1/pilots/${chosen.id}/comparison`)]);
  return { all, pilot, comparison };
}

function fillPilots(all, pilot) {
  const select = byId("pilots-pilot");
  select.replaceChildren(...all.map((each) => element("option", { value: each.id }, pilotName(each))));
  select.value = pilot.id;
}

function drawProgramme(pilot, { measures, units, ended }) {
  setText(byId("pilot-name"), pilotName(pilot));
  const facts = pilotFacts(pilot, measures);
  byId("pilot-facts").replaceChildren(...facts.flatMap(([name, said]) => [element("dt", {}, name), element("dd", {}, said)]));
  const rows = enrolmentRows(pilot, [...units, ...ended]);
  byId("pilot-units").replaceChildren(
    element("caption", { class: "vh" }, text("enrolled")), head(UNIT_HEADS),
    element("tbody", {}, ...(rows.length ? rows : [element("tr", {}, element("td", { colspan: "3" }, text("nobodyEnrolled")))])));
}

function drawComparison(comparison, { measures }) {
  const { indicators, does_not_show: limits } = comparison;
  setText(byId("pilot-spells"), spellsText(comparison));
  const hidden = indicators.some(({ difference }) => difference.suppressed);
  setText(byId("pilot-state"), text(indicators.length === 0 ? "nothingToCompare" : hidden ? "comparisonHidden" : "howToRead"));
  show(byId("pilot-compared-scroll"), indicators.length > 0);
  byId("pilot-compared").replaceChildren(
    element("caption", { class: "vh" }, text("pilotCompared")), head(COMPARED_HEADS),
    element("tbody", {}, ...indicators.map((each) => comparedRow(each, measures))));
  byId("pilot-limits").replaceChildren(...(limits[language()] ?? pick(limits)).map((limit) => element("li", {}, limit)));
}

const head = (names) => element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, text(name)))));
