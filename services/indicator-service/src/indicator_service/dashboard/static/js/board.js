/** The board: the chooser, the lead and the charts, drawn from one view of the state. */

import { createFlow } from "./flow.js";
import { createIndicators } from "./indicators.js";
import { pick, text, whole } from "./language.js";
import { byId, element, setText, show } from "./lib.js";
import { basisText, comparedText, figureText, isPair, read, settledText, tooltipLines } from "./measures.js";
import { fillPeriods, periodDates, ROLLING } from "./periods.js";
import { createProfile } from "./profile.js";
import { createRanked } from "./ranked.js";
import { hrefOf, INDICATOR } from "./route.js";
import { metricsOf } from "./state.js";
import { fillTable, onTableOpened } from "./tables.js";
import { createTiles } from "./tiles.js";
import { createTooltip } from "./tooltip.js";
import { NATIONAL } from "./units.js";
import { summaryOf, tableOf, viewOf } from "./view.js";

const WIDE = window.matchMedia("(min-width: 70rem)");

/** Make the board; `actions` are choose(measure), choosePeriod(period), select(unit) and redraw(). */
export function createBoard(actions) {
  const area = byId("board");
  const toggle = (unit) => actions.toggle(unit);
  const tiles = createTiles({ onSelect: toggle });
  const ranked = createRanked({ onSelect: toggle });
  const flow = createFlow({ onSelect: toggle, isAligned: () => WIDE.matches });
  const profile = createProfile({ onClear: () => actions.toggle(null) });
  const indicators = createIndicators({ onChoose: actions.choose });
  let view = null;
  const tooltip = createTooltip({
    tip: byId("tip"), area, onActive: markActive,
    contentOf: (unit) => {
      const row = view?.rows.find(({ id }) => id === unit);
      if (!row) return null;
      const lines = tooltipLines(view.measure, row.figure, view.national);
      return { title: row.name, lines, note: comparedText(view.measure, row.figure, view.national) };
    },
  });

  byId("choices").addEventListener("change", (event) => actions.choose(event.target.value));
  byId("period").addEventListener("change", (event) => actions.choosePeriod(event.target.value));
  onTableOpened(actions.redraw, area);
  WIDE.addEventListener("change", actions.redraw);

  return {
    draw(state) {
      view = viewOf(state);
      drawChoices(state);
      drawLead(state, view);
      tiles.draw(view);
      setText(byId("map-summary"), summaryOf(view));
      fillTable(byId("map-table"), tableOf(view));
      ranked.draw(view);
      flow.draw(view);
      profile.draw(view, headlines(state));
      indicators.draw(view, state.measures);
      setText(byId("foot"), footOf(view.measure));
      tooltip.refresh();
    },
    /** Write again what depends on the language or the day. */
    relabel(state) {
      byId("choices").querySelectorAll(".choice").forEach((choice) => choice.remove());
      indicators.relabel();
      fillPeriods(byId("period"), state.period);
    },
  };
}

/** Light up the same unit in every chart. */
function markActive(unit) {
  for (const mark of document.querySelectorAll("[data-active]")) delete mark.dataset.active;
  if (unit === null) return;
  for (const mark of document.querySelectorAll(`#board [data-unit="${CSS.escape(unit)}"]`)) mark.dataset.active = "";
}

const headlines = ({ measures }) => measures.filter(({ headline }) => headline);

function drawChoices({ chosen, ...state }) {
  const box = byId("choices");
  const national = metricsOf(state).get(NATIONAL);
  for (const measure of headlines(state)) {
    const id = `choice-${measure.id}`;
    const label = document.getElementById(id)?.parentElement ?? box.appendChild(makeChoice(measure, id));
    label.querySelector("input").checked = measure === chosen;
    setText(label.querySelector(".choice-value"), figureText(measure, read(measure, national)));
  }
}

function makeChoice(measure, id) {
  return element("label", { class: "choice" },
    element("input", { type: "radio", name: "measure", id, value: measure.id, class: "vh" }),
    element("span", { class: "choice-name" }, pick(measure.name)),
    element("span", { class: "choice-value" }));
}

function drawLead({ period, selected }, { measure, national, nationalMetrics }) {
  setText(byId("measure-name"), pick(measure.name));
  show(byId("measure-page"), measure.number !== undefined);
  byId("measure-page").setAttribute("href", hrefOf(INDICATOR, { show: measure.id, unit: selected, period: period === ROLLING ? "" : period }));
  setText(byId("measure-definition"), [pick(measure.description), leadFigures(measure, national)].filter(Boolean).join(" "));
  if (byId("period").value !== period) fillPeriods(byId("period"), period);
  setText(byId("period-dates"), nationalMetrics ? periodDates(daysOf(national, nationalMetrics.period)) : "");
}

/** The days that a figure is about: what is imported by months ends with the last month that can be complete. */
function daysOf({ imported }, period) {
  const covers = imported?.covers;
  return covers && covers.first_day !== covers.last_day ? { ...period, from: covers.first_day, to: covers.last_day } : period;
}

/** The national figure in a sentence, with what it rests on. */
function leadFigures(measure, figure) {
  if (measure.kind === "count" || figure.value === null) return "";
  const basis = isPair(measure) ? ` (${basisText(figure)})`
    : ` (${text("p90").toLowerCase()} ${figureText(measure, figure.p90)}, ${text("basis").toLowerCase()} ${basisText(figure)})`;
  const settled = settledText(figure);
  return `${text("national")}: ${figureText(measure, figure)}${basis}.${settled ? ` ${settled}.` : ""}`;
}

const footOf = (measure) => (measure.definition_version ? text("foot", whole(measure.definition_version)) : text("footCount"));
