/** The prevention plans: how many units have one, which lack one, and how each stands to the goals of its plan. */

import { dateTime, dayName, pick, text, whole } from "./language.js";
import { byId, element, setText } from "./lib.js";
import { figureText, read, targetText } from "./measures.js";
import { createReader } from "./reader.js";
import { hrefOf, INDICATOR, UNIT } from "./route.js";
import { planLine } from "./unit-view.js";
import { nameOf } from "./units.js";

const CODES = ["theme", "case_type", "age_band"];
const noon = (day) => new Date(`${day}T12:00:00Z`);

/** Make the page; `session` is who reads, and hears how that goes. */
export function createPlansPage(session) {
  const section = byId("plans-page");
  const reader = createReader({ session, onRead });
  let [asked, state, found] = [null, null, null];

  function onRead(documents) {
    const first = found === null;
    found = { ...documents, readAt: new Date() };
    byId("plans-body").setAttribute("aria-busy", "false");
    redraw();
    if (first && asked) document.getElementById(`plan-${asked}`)?.scrollIntoView({ block: "nearest" });
  }

  function redraw() {
    if (!found || section.hidden) return;
    drawCoverage(found.coverage);
    drawUnits(found, state);
    setText(byId("plans-foot"), text("plansReadAt", dateTime(found.readAt)));
  }

  return {
    section,
    title: () => text("plansTitle"),
    open(route, next) {
      [asked, state, found] = [route.unit, next, null];
      byId("plans-body").setAttribute("aria-busy", "true");
      reader.ask(readAll);
    },
    draw(next) {
      state = next;
      redraw();
    },
    // Plans do not come with figures: they are read again when the page is opened.
    stale() {},
    close: () => reader.stop(),
    relabel(next) {
      state = next;
      delete byId("plans-units").dataset.key;
      redraw();
    },
  };
}

async function readAll(get) {
  const coverage = await get("/v1/plans/coverage");
  const plans = [];
  let cursor = null;
  do {
    const page = await get(`/v1/plans?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    plans.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return { coverage, plans: new Map(plans.map((plan) => [plan.id, plan])) };
}

function drawCoverage({ covered, of, on, missing, ends_soon: soon, units }) {
  setText(byId("coverage-figure"), text("coverageFigure", whole(covered), whole(of)));
  setText(byId("coverage-day"), text("coverageOn", dayName(noon(on))));
  const marks = units.map(({ unit, standing }) => element("span", { class: "coverage-unit", "data-standing": standing, "data-of": unit }));
  byId("coverage-bar").replaceChildren(...marks);
  const names = (ids) => ids.map((id) => pick(units.find(({ unit }) => unit === id).name)).join(", ") || text("nobody");
  const facts = [[text("withoutPlan"), names(missing)], [text("endsSoon"), names(soon)]];
  byId("lacking").replaceChildren(...facts.flatMap(([name, said]) => [element("dt", {}, name), element("dd", {}, said)]));
}

function drawUnits({ coverage, plans }, state) {
  const table = byId("plans-units");
  const rows = coverage.units.map((covered) => ({ covered, plan: plans.get(covered.plan_id)?.in_force ?? null, metrics: state.live.get(covered.unit) }));
  const key = JSON.stringify(rows.map(({ covered, plan, metrics }) => [covered, plan, metrics?.indicators]));
  if (table.dataset.key === key) return;
  table.dataset.key = key;
  table.replaceChildren(
    element("caption", { class: "vh" }, text("plansOfUnits")),
    element("thead", {}, element("tr", {}, ...["unit", "plan", "goalsAndStanding"].map((head) => element("th", { scope: "col" }, text(head))))),
    element("tbody", {}, ...rows.map((row) => unitRow(row, state))),
  );
}

function unitRow({ covered, plan, metrics }, { measures, units }) {
  const goals = (plan?.goals ?? []).map((goal) => goalItem(goal, covered.unit, metrics, measures));
  const record = plan?.record_number ? text("recordNumber", plan.record_number) : "";
  return element("tr", { id: `plan-${covered.unit}`, "data-standing": covered.standing },
    element("th", { scope: "row" }, element("a", { href: hrefOf(UNIT, { unit: covered.unit }) }, nameOf(covered.unit, units))),
    element("td", {}, element("span", { class: "standing", "data-standing": covered.standing }, planLine(covered)),
      plan ? element("span", { class: "apart" }, [text("planVersion", whole(plan.number)), record].filter(Boolean).join(" · ")) : null),
    element("td", {}, goals.length ? element("ul", { class: "plain-list" }, ...goals) : "–"));
}

/** A goal in words, with the figure of its indicator, which is of all cases also where the goal is of some of them. */
function goalItem(goal, unit, metrics, measures) {
  const measure = measures.find(({ number }) => number === goal.indicator);
  const codes = CODES.filter((code) => goal[code]).map((code) => text("dimensions")[code].categories[goal[code]] ?? goal[code]);
  const by = CODES.find((code) => goal[code]);
  const href = hrefOf(INDICATOR, { show: goal.indicator, unit, by });
  const name = element("a", { href }, `${whole(goal.indicator)} ${pick(goal.indicator_name)}`);
  const figure = measure ? read(measure, metrics) : null;
  const value = figure ? figureText(measure, figure) : "";
  const aim = figure && targetText(measure, figure);
  const standing = figure ? [value, aim ? `${text("target").toLowerCase()} ${aim}` : text("noTarget")].join(", ") : text("noIndicator");
  return element("li", {}, name, codes.length ? ` (${codes.join(", ").toLowerCase()})` : "", `: ${standing}`,
    figure && codes.length ? element("span", { class: "apart" }, text("goalOfSome")) : null);
}
