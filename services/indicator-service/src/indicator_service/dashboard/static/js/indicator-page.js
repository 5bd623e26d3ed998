/** One indicator's page: its figures now, its course, its categories and its definition, of a unit beside others. */

import { fillBars } from "./bars.js";
import { apartNotes, definitionFacts, splitRows } from "./indicator-view.js";
import { createPickers, MOST, SPANS } from "./indicator-pickers.js";
import { dateTime, pick, text, whole } from "./language.js";
import { byId, element, setText, show } from "./lib.js";
import { figureOf, gapText, read, settledText } from "./measures.js";
import { periodDates, recentMonths, ROLLING } from "./periods.js";
import { createReader } from "./reader.js";
import { go, hrefOf, INDICATOR } from "./route.js";
import { changeNotes, NOW, structureOf, THEN } from "./structure.js";
import { onTableOpened } from "./tables.js";
import { createTooltip } from "./tooltip.js";
import { createTrend } from "./trend.js";
import { monthLines, trendOf } from "./trend-view.js";
import { NATIONAL, nameOf } from "./units.js";

/** Make the page; `session` is who reads, and hears how that goes. */
export function createIndicatorPage(session) {
  const section = byId("indicator-page");
  const pickers = createPickers({ onChange: (patch) => go(INDICATOR, { ...addressed, ...patch }) });
  const trend = createTrend({ onSelect: (month) => go(INDICATOR, { ...addressed, period: month === chosen.period ? "" : month }) });
  const reader = createReader({ session, onRead });
  let [addressed, chosen, state, found, view] = [{}, null, null, null, null];
  const tooltip = createTooltip({
    tip: byId("tip"), area: byId("one-trend"), name: "month", onActive: markMonth,
    contentOf: (key) => {
      const month = view?.months.find((each) => each.key === key);
      return month ? { title: month.name, lines: monthLines(view, month.at) } : null;
    },
  });
  onTableOpened(redraw, section);

  function onRead(documents) {
    found = documents;
    byId("one-body").setAttribute("aria-busy", "false");
    redraw();
  }

  function redraw() {
    if (!found || section.hidden) return;
    view = trendOf(found.series, chosen.measure, every(state));
    drawNow(chosen, state, found);
    trend.draw(view, chosen.period);
    drawAim(addressed, chosen, state, view);
    drawSplit(chosen, found, every(state));
    drawChange(chosen, found, state);
    setText(byId("one-foot"), text("readAt", dateTime(new Date(found.series.as_of)), whole(chosen.measure.definition_version)));
    tooltip.refresh();
  }

  return {
    section,
    title: () => (chosen ? `${pick(chosen.measure.name)}, ${nameOf(chosen.unit, every(state))}` : text("onePage")),
    open(route, next) {
      [addressed, state, found] = [route, next, null];
      chosen = chosenOf(route, next);
      byId("one-body").setAttribute("aria-busy", "true");
      this.relabel(next);
      reader.ask((get) => readAll(get, chosen, next.ended));
    },
    /** The figures now come with the stream; what is read comes with `onRead`. */
    draw(next) {
      state = next;
      if (found && !section.hidden) drawNow(chosen, state, found);
    },
    stale: () => reader.stale(),
    close: () => reader.stop(),
    relabel(next) {
      state = next;
      drawHead(chosen);
      pickers.draw(chosen, state);
      redraw();
    },
  };
}

function markMonth(key) {
  for (const mark of document.querySelectorAll("#one-trend [data-active]")) delete mark.dataset.active;
  if (key !== null) document.querySelector(`#one-trend [data-month="${CSS.escape(key)}"]`)?.setAttribute("data-active", "");
}

/** What the address asks for, as far as there is such a thing; else what is usual. */
function chosenOf(route, { measures, units, ended }) {
  const numbered = measures.filter(({ number }) => number !== undefined);
  const measure = numbered.find(({ id }) => id === route.show) ?? numbered.find(({ id }) => id === "10") ?? numbered[0];
  const structure = structureOf(route);
  const there = structure === NOW ? units : [...units, ...ended];
  const known = (id) => id === NATIONAL || there.some((unit) => unit.id === id);
  const unit = known(route.unit) ? route.unit : NATIONAL;
  const compare = [...new Set((route.compare ?? "").split(","))].filter((id) => known(id) && id !== unit && id !== NATIONAL);
  return {
    measure, unit, structure,
    compare: compare.slice(0, MOST),
    period: /^\d{4}-(0[1-9]|1[0-2])$/.test(route.period ?? "") ? route.period : ROLLING,
    points: route.points === ROLLING ? ROLLING : "month",
    span: SPANS.includes(Number(route.span)) ? Number(route.span) : SPANS[0],
    by: measure.dimensions.includes(route.by) ? route.by : measure.dimensions[0],
  };
}

/** Read what the page shows: no more of it than the API shows to the reader, whom it may refuse a breakdown. */
async function readAll(get, { measure, unit, compare, structure, period, points, span, by }, ended) {
  const last = recentMonths(1)[0];
  const first = recentMonths(span).at(-1);
  const series = new URLSearchParams({ unit, compare: compare.join(","), from: first, to: last, period: points, structure });
  const split = new URLSearchParams({ unit, by, period, structure });
  // The stream tells of today's units as they were: the rest is read.
  const streamed = period === ROLLING && structure === THEN && ![unit, ...compare].some((id) => ended.some((each) => each.id === id));
  const unlessRefused = (error) => {
    if (error.status === 403) return null;
    throw error;
  };
  const [course, values, breakdown] = await Promise.all([
    get(`/v1/indicators/${measure.number}/series?${series}`),
    streamed ? null : get(`/v1/indicators/${measure.number}/values?period=${period}&structure=${structure}`),
    by ? get(`/v1/indicators/${measure.number}/breakdown?${split}`).catch(unlessRefused) : undefined,
  ]);
  return { series: course, values, breakdown };
}

function drawHead({ measure }) {
  setText(byId("one-title"), `${whole(measure.number)} ${pick(measure.name)}`);
  setText(byId("one-description"), pick(measure.description));
  const facts = definitionFacts(measure);
  byId("one-definition").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

/** A target of twelve months is not held against single months: say where its bands are. */
function drawAim(addressed, { measure, unit }, { live }, { rolling }) {
  show(byId("one-trend-aim"), !rolling && Boolean(read(measure, live.get(unit)).target));
  byId("one-trend-twelve").setAttribute("href", hrefOf(INDICATOR, { ...addressed, points: ROLLING }));
}

/** Of the last twelve months as the stream tells them; of another month as it was read. */
function drawNow({ measure, unit, compare }, { live, units, ended }, { values }) {
  const figures = new Map(values?.rows.map((row) => [row.unit, figureOf(row.indicator)]));
  const figure = (id) => (values ? figures.get(id) ?? read(measure, undefined) : read(measure, live.get(id)));
  const days = values ? values.period : live.get(unit)?.period;
  const national = figure(NATIONAL);
  const shown = [unit, ...(unit === NATIONAL ? [] : [NATIONAL]), ...compare];
  const all = [...units, ...ended];
  const own = nameOf(unit, all);
  const title = text("nowTitle", own);
  setText(byId("one-now-title"), title);
  setText(byId("one-now-dates"), days ? periodDates(days) : "");
  fillBars(byId("one-now"), {
    caption: title, first: text("unit"), measure,
    rows: shown.map((id) => ({
      name: nameOf(id, all), figure: figure(id), strong: id === unit,
      note: [id === NATIONAL ? "" : againstText(gapText(measure, figure(id), national)), id === unit ? "" : settledText(figure(id))]
        .filter(Boolean).join(" · "),
    })),
  });
  setText(byId("one-now-note"), apartNotes(measure, figure(unit)));
}

const every = ({ units, ended }) => [...units, ...ended];

/** What became of the chosen unit; drawn anew only when it changed, so that a link keeps its focus. */
function drawChange({ unit }, { series }, state) {
  const box = byId("one-change");
  const known = every(state).find(({ id }) => id === unit);
  const key = JSON.stringify([unit, series.structure, document.documentElement.lang]);
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren(...(known ? changeNotes(known, state, series.structure) : []));
}

const againstText = (gap) => (gap ? text("againstCountry", gap) : "");

function drawSplit({ measure, unit, by, period }, { breakdown }, units) {
  const scroll = byId("one-split-scroll");
  const title = by ? text("splitTitle", text("dimensions")[by].name, nameOf(unit, units)) : text("splitNone");
  setText(byId("one-split-title"), title);
  show(byId("one-by").parentElement, Boolean(by));
  if (!breakdown) {
    show(scroll, false);
    setText(byId("one-split-note"), text(by ? "splitRefused" : "splitImported"));
    return;
  }
  const rows = splitRows(breakdown);
  const hidden = rows.length > 0 && rows.every(({ figure }) => figure.suppressed && figure.denominator.suppressed);
  show(scroll, rows.length > 0 && !hidden);
  fillBars(byId("one-split"), { caption: title, first: text("dimensions")[by].name, measure, rows });
  setText(byId("one-split-note"), text(hidden ? "splitHidden" : period === ROLLING ? "splitNote" : "splitMonth"));
}
