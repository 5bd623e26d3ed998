/** The page put together: session, definitions, live stream, and the board that shows them. */

import { readJson } from "./api.js";
import { createSession } from "./auth.js";
import { createBoard } from "./board.js";
import { applyLanguage, dateTime, setLanguage, text } from "./language.js";
import { createDrift } from "./drift.js";
import { byId, setText, show } from "./lib.js";
import { createIndicatorPage } from "./indicator-page.js";
import { figureText, measuresOf, read } from "./measures.js";
import { createPages } from "./pages.js";
import { createMonthReader, ROLLING } from "./periods.js";
import { createRetry } from "./retry.js";
import { createPilotsPage } from "./pilots-page.js";
import { createPlansPage } from "./plans-page.js";
import { INDICATOR, OVERVIEW, PILOTS, PLANS, readRoute, replaceRoute, UNIT } from "./route.js";
import { createState, metricsOf } from "./state.js";
import { unfoldForPaper } from "./paper.js";
import { createAnnouncer, createBanner, createStatus } from "./status.js";
import { openStream } from "./stream.js";
import { createUnitPage } from "./unit-page.js";
import { endedUnits, NATIONAL, placedUnits, shortName } from "./units.js";

const PERIOD = /^(rolling_12|\d{4}-(0[1-9]|1[0-2]))$/;
const FIRST_CHOICE = "10";

const { state, change } = createState(draw);
const session = createSession({ onExpired: () => fail({ kind: "expired" }) });
const banner = createBanner();
const status = createStatus();
const drift = createDrift(session);
const board = createBoard({ choose, choosePeriod, toggle, redraw: () => change() });
const announcer = createAnnouncer({
  nameOf: (id) => shortName(state.units.find((unit) => unit.id === id)),
  national: () => figureText(state.chosen, read(state.chosen, metricsOf(state).get(NATIONAL))),
});
const months = createMonthReader({
  token: session.token,
  units: () => [...state.units.map(({ id }) => id), NATIONAL],
  onFigures: (found) => {
    noteChanges(state.month, found);
    banner.clear();
    change({ month: found });
  },
  onError: fail,
});
const reading = { token: session.token, onError: (error) => fail(error, "page"), onWell: () => byId("banner").dataset.source === "page" && clearBanner() };
const pages = createPages({
  [INDICATOR]: createIndicatorPage(reading), [UNIT]: createUnitPage(reading), [PLANS]: createPlansPage(reading), [PILOTS]: createPilotsPage(reading),
});
const retry = createRetry(() => start({ quietly: true }));
let stream = null;
let settled = false;

function draw() {
  const complete = state.chosen !== null && [...state.units.map(({ id }) => id), NATIONAL].every((id) => metricsOf(state).has(id));
  byId("board").setAttribute("aria-busy", String(!complete));
  const overview = pages.shown() === OVERVIEW;
  if (complete || !overview) show(byId("waiting"), false);
  show(byId("board"), overview && (complete || !byId("board").hidden));
  if (!overview) pages.draw(state);
  else if (!complete) return;
  else board.draw(state);
  settled = complete;
}

/** Remember which units got other figures, to flash them; not at first, when all are new. */
function noteChanges(before, after) {
  for (const [unit, metrics] of after) {
    if (!before.has(unit) || unit === NATIONAL || !settled) continue;
    const figures = ({ counts, indicators }) => JSON.stringify([counts, indicators]);
    if (figures(before.get(unit)) === figures(metrics)) continue;
    state.flash.add(unit);
    state.flashes += 1;
    announcer.changed(unit);
  }
}

function receive(name, document) {
  status.fresh(document);
  if (name !== "metrics") return;
  const found = new Map([[document.unit, document]]);
  if (state.period === ROLLING) noteChanges(state.live, found);
  state.live.set(document.unit, document);
  months.stale();
  pages.stale(document.unit);
  change();
}

function streamState(now) {
  const before = byId("status").dataset.state;
  status.stream(now);
  if (now === "reconnecting" && before === "live") announcer.now(text("announceLost"));
  if (now !== "live") return;
  if (before === "reconnecting" || before === "stale") announcer.now(text("announceLive"));
  if (byId("banner").dataset.source === "stream") clearBanner();
}

function clearBanner() {
  delete byId("banner").dataset.source;
  banner.clear();
}

/** Say what went wrong and what to do; a session that ran out or was ended stops everything until the next sign-in. */
function fail(error, source = "") {
  const kind = error.kind ?? "500";
  byId("banner").dataset.source = source;
  show(byId("waiting"), false);
  if (kind === "expired" || kind === "ended") {
    [stream, pages, drift].forEach((each) => each?.stop());
    months.choose(ROLLING);
    banner.say(kind, { action: "signInAgain", run: signIn });
  } else if (kind === "403") {
    stream?.stop();
    banner.say("403", { action: "signOut", run: signOut });
  } else {
    banner.say(kind, { action: "tryAgain", run: () => (stream && kind !== "400" ? stream.hurry() : start()) });
  }
}

async function signIn() {
  try {
    await session.signIn();
  } catch {
    banner.say("issuer", { action: "tryAgain", run: signIn });
  }
}

async function signOut() {
  retry.cancel();
  stream?.stop();
  await session.signOut();
  window.location.assign(window.location.pathname);
}

function choose(id) {
  change({ chosen: state.measures.find((measure) => measure.id === id) });
  writeAddress();
}

function choosePeriod(period) {
  if (byId("banner").dataset.kind === "400") clearBanner();
  change({ period, month: new Map() });
  months.choose(period);
  writeAddress();
}

function toggle(unit) {
  change({ selected: unit === state.selected ? null : unit });
  writeAddress();
}

/** Keep the overview's choices in the address, and in the links that lead from it. */
function writeAddress() {
  const { chosen, period, selected } = state;
  replaceRoute(OVERVIEW, { show: chosen.id, period, unit: selected });
  pages.carry();
}

/** Show what the address names: at first, after a link, and when the back button is pressed. */
function turn() {
  if (state.chosen === null) return;
  pages.turn(state);
  const overview = pages.shown() === OVERVIEW;
  if (overview) takeChoices();
  show(byId("waiting"), overview && byId("board").hidden);
  months.choose(overview ? state.period : ROLLING);
  change();
}

/** Read what stands still, then open the stream; `quietly` leaves the banner that is up until it went well. */
async function start({ quietly = false } = {}) {
  retry.cancel();
  if (!quietly) clearBanner();
  if (session.token() === null) {
    fail({ kind: "expired" });
    return;
  }
  show(byId("sign-out"), true);
  show(byId("waiting"), !quietly && byId("board").hidden);
  try {
    const [{ units }, definitions] = await Promise.all(
      ["/v1/units", "/v1/indicators"].map((path) => readJson(path, { token: session.token() })),
    );
    takeUp(units, definitions);
  } catch (error) {
    fail(error);
    if (error.mayPass) retry.after(error.retryAfter * 1000);
    return;
  }
  retry.done();
  clearBanner();
  stream?.stop();
  stream = openStream({
    path: "/v1/stream", token: session.token,
    on: { event: receive, state: streamState, error: (error) => fail(error, "stream") },
  });
  turn();
  drift.read();
}

function takeUp(units, definitions) {
  change({ units: placedUnits(units), ended: endedUnits(units), measures: measuresOf(definitions) });
  takeChoices();
  show(byId("pages"), true);
}

/** What the overview is to show: as the address says, else as it was. */
function takeChoices() {
  const { units, measures, chosen } = state;
  const asked = readRoute();
  const find = (id) => measures.find((measure) => measure.id === id);
  const period = PERIOD.test(asked.period ?? "") ? asked.period : ROLLING;
  change({
    chosen: find(asked.show) ?? find(chosen?.id) ?? find(FIRST_CHOICE) ?? measures[0],
    period, month: period === state.period ? state.month : new Map(),
    selected: units.some(({ id }) => id === asked.unit) ? asked.unit : null,
  });
  board.relabel(state);
}

async function begin() {
  applyLanguage();
  byId("sign-in").addEventListener("click", signIn);
  byId("sign-out").addEventListener("click", signOut);
  document.querySelector(".languages").addEventListener("click", (event) => {
    const code = event.target.closest("[data-lang]")?.dataset.lang;
    if (!code) return;
    setLanguage(code);
    board.relabel(state);
    pages.relabel(state);
    banner.draw();
    status.draw();
    drift.draw();
    change();
  });
  window.addEventListener("hashchange", turn);
  unfoldForPaper(() => setText(byId("printed"), text("printed", dateTime(new Date()))));
  let signedIn = false;
  try {
    signedIn = await session.resume();
  } catch {
    banner.say("signin", { action: "tryAgain", run: signIn });
  }
  show(byId("gate"), session.token() === null);
  if (signedIn) await start();
}

begin();
