/** One unit's page: every indicator with its course, against its target and the country; its plan, and what is missing. */

import { dateTime, pick, text, whole } from "./language.js";
import { byId, element, setText, show } from "./lib.js";
import { apartLines, countText, figureOf, figureText, gapText, missingText, read, settledText, targetText } from "./measures.js";
import { periodDates } from "./periods.js";
import { createReader } from "./reader.js";
import { go, hrefOf, INDICATOR, UNIT } from "./route.js";
import { sparkline } from "./sparkline.js";
import { changeNotes, fillStructures, NOW, structureOf, THEN, unitOptions } from "./structure.js";
import { countsLine, missingEntries, standingFacts } from "./unit-view.js";
import { NATIONAL, nameOf } from "./units.js";

/** Twenty series are read again at most once a minute; the figures themselves come with the stream. */
const LEAST_BETWEEN_MS = 60_000;
const HEADS = ["indicator", "value", "target", "course", "againstShort", "numerator", "denominator"];

/** Make the page; `session` is who reads, and hears how that goes. */
export function createUnitPage(session) {
  const section = byId("unit-page");
  const reader = createReader({ session, onRead, least: LEAST_BETWEEN_MS });
  let [unit, structure, state, found] = [null, THEN, null, null];
  byId("unit-unit").addEventListener("change", ({ target }) => go(UNIT, { unit: target.value, structure: asked() }));
  byId("unit-structure").addEventListener("change", ({ target }) => go(UNIT, { unit, structure: target.value === NOW ? NOW : "" }));
  const asked = () => (structure === NOW ? NOW : "");
  const every = () => [...state.units, ...state.ended];
  const ended = () => state.ended.some(({ id }) => id === unit);

  function onRead(documents) {
    found = documents;
    byId("unit-body").setAttribute("aria-busy", "false");
    redraw();
  }

  function redraw() {
    const metrics = found?.metrics ?? (structure === THEN ? state?.live.get(unit) : undefined);
    if (!metrics || section.hidden) return;
    const indicators = numbered(state);
    setText(byId("unit-counts"), countsLine(metrics));
    setText(byId("unit-dates"), periodDates(metrics.period));
    drawChange(metrics);
    const facts = standingFacts({ unit, metrics, indicators, covered: found?.covered, pilots: found?.pilots });
    byId("unit-standing").replaceChildren(...facts.flatMap(([name, nodes]) => [element("dt", {}, name), element("dd", {}, ...nodes)]));
    byId("unit-missing").replaceChildren(...missingEntries(metrics, indicators));
    drawTable({ unit, structure: asked(), metrics, national: state.live.get(NATIONAL), indicators, series: found?.series });
    setText(byId("unit-note"), noteOf(found));
    setText(byId("unit-foot"), found ? text("coursesReadAt", dateTime(new Date(found.asOf))) : "");
  }

  /** Drawn anew only when it changed, so that a link keeps its focus. */
  function drawChange(metrics) {
    const box = byId("unit-change");
    const key = JSON.stringify([unit, metrics.structure, document.documentElement.lang]);
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.replaceChildren(...changeNotes(every().find(({ id }) => id === unit), state, metrics.structure));
  }

  return {
    section,
    title: () => (unit ? nameOf(unit, every()) : text("unitPage")),
    open(route, next) {
      [state, found] = [next, null];
      unit = every().some(({ id }) => id === route.unit) ? route.unit : next.units[0].id;
      structure = ended() ? THEN : structureOf(route);
      byId("unit-body").setAttribute("aria-busy", "true");
      this.relabel(next);
      const indicators = numbered(next);
      const read = structure === NOW || ended();
      reader.ask((get) => readAll(get, { unit, structure, indicators, read }));
    },
    draw(next) {
      state = next;
      redraw();
    },
    stale: (changed) => (changed === unit || structure === NOW || ended()) && reader.stale(),
    close: () => reader.stop(),
    relabel(next) {
      state = next;
      setText(byId("unit-title"), pick(every().find(({ id }) => id === unit).name));
      byId("unit-unit").replaceChildren(...unitOptions(next).map(([id, name]) => element("option", { value: id }, name)));
      fillStructures(byId("unit-structure"), structure, next, { shown: !ended() });
      byId("unit-unit").value = unit;
      delete byId("unit-indicators").dataset.key;
      redraw();
    },
  };
}

const numbered = ({ measures }) => measures.filter(({ number }) => number !== undefined);

async function readAll(get, { unit, structure, indicators, read }) {
  const [metrics, coverage, pilots, ...courses] = await Promise.all([
    read ? get(`/v1/districts/${unit}/metrics?structure=${structure}`) : undefined,
    get("/v1/plans/coverage"),
    get(`/v1/pilots?unit=${unit}&limit=100`),
    ...indicators.map(({ number }) => get(`/v1/indicators/${number}/series?unit=${unit}&structure=${structure}`)),
  ]);
  const series = new Map(courses.map(({ number, lines }) => [number, lines.map(({ points }) => points.map(figureOf))]));
  return { metrics, covered: coverage.units.find((each) => each.unit === unit), pilots: pilots.items, series, asOf: courses[0].as_of };
}

/** What stands under the table where every month is hidden from the reader. */
function noteOf(found) {
  if (!found) return "";
  const points = [...found.series.values()].flatMap(([own]) => own);
  return points.some(({ value }) => value !== null) || !points.some(({ suppressed }) => suppressed) ? text("courseNote") : text("courseHidden");
}

function drawTable({ unit, structure, metrics, national, indicators, series }) {
  const table = byId("unit-indicators");
  const key = JSON.stringify([metrics.indicators, national?.indicators, unit, structure, [...(series ?? [])]]);
  if (table.dataset.key === key) return;
  table.dataset.key = key;
  const focused = document.activeElement?.closest("#unit-indicators a")?.getAttribute("href");
  table.replaceChildren(
    element("caption", { class: "vh" }, text("allIndicators")),
    element("thead", {}, element("tr", {}, ...HEADS.map((head) => element("th", { scope: "col" }, text(head))))),
    element("tbody", {}, ...indicators.map((measure) => row(measure, { unit, structure, metrics, national, series }))),
  );
  if (focused) table.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function row(measure, { unit, structure, metrics, national, series }) {
  const figure = read(measure, metrics);
  const lines = series?.get(measure.number);
  const apart = apartLines(figure).map(([name, value]) => `${name}: ${value}`);
  const notes = [missingText(figure), figure.prioritised && text("prioritised"), ...apart, settledText(figure)].filter(Boolean).join(" · ");
  return element("tr", { "data-indicator": measure.id },
    element("th", { scope: "row" },
      element("a", { href: hrefOf(INDICATOR, { show: measure.id, unit, structure }) }, `${whole(measure.number)} ${pick(measure.name)}`),
      notes ? element("span", { class: "apart" }, notes) : null),
    element("td", { class: "value-cell" }, missingText(figure) ? "–" : figureText(measure, figure)),
    bandCell(measure, figure),
    element("td", { class: "spark-cell" }, lines ? sparkline(measure, lines[0], lines[1]) ?? "–" : ""),
    element("td", {}, gapText(measure, figure, read(measure, national)) || "–"),
    element("td", {}, countText(figure.numerator)),
    element("td", {}, countText(figure.denominator)));
}

/** The band by a sign and a word, so that it is told apart without colour too. */
function bandCell(measure, figure) {
  const cell = element("td", { class: "aim-cell", "data-band": figure.target?.band ?? "" });
  if (figure.target?.band) cell.append(element("span", { class: "band-sign", "data-band": figure.target.band, "aria-hidden": "true" }));
  cell.append(targetText(measure, figure) || "–");
  return cell;
}
