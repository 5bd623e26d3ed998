/** The periods to choose from, and the months that the stream doesn't carry. */

import { readJson } from "./api.js";
import { dayName, monthName, text } from "./language.js";
import { element } from "./lib.js";

export const ROLLING = "rolling_12";
const MONTHS = 13;
const LEAST_BETWEEN_MS = 10_000;

/** The newest months, newest first, as `YYYY-MM`, in Norwegian time. */
export function recentMonths(count = MONTHS, now = new Date()) {
  const [year, month] = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Oslo", year: "numeric", month: "2-digit" })
    .format(now).split("-").map(Number);
  return Array.from({ length: count }, (_, back) => new Date(Date.UTC(year, month - 1 - back, 15)).toISOString().slice(0, 7));
}

/** Fill the chooser. */
export function fillPeriods(select, chosen) {
  const months = recentMonths();
  const all = chosen === ROLLING || months.includes(chosen) ? months : [...months, chosen];
  select.replaceChildren(
    element("option", { value: ROLLING }, text("rolling")),
    ...all.map((month, back) => {
      const name = monthName(new Date(`${month}-15T12:00:00Z`));
      return element("option", { value: month }, back === 0 ? `${name} (${text("soFar")})` : name);
    }),
  );
  select.value = chosen;
}

/** The days of a period of the API in words, with the day that is counted until where the period goes on. */
export function periodDates({ from, to, counted_until: until }) {
  const [first, last, counted] = [from, to, until].map((day) => dayName(new Date(`${day}T12:00:00Z`)));
  return `${first} – ${last}${until < to ? text("countedUntil", counted) : ""}`;
}

/**
 * Keep the figures of a chosen month fresh: read all units again when something changes, but not all the time.
 * (A change in one unit may change what is hidden of the others, so all are read.)
 */
export function createMonthReader({ token, units, onFigures, onError }) {
  let month = null;
  let lastRead = 0;
  let timer = null;

  async function refresh() {
    clearTimeout(timer);
    timer = null;
    const asked = month;
    lastRead = Date.now();
    try {
      const found = await Promise.all(
        units().map(async (unit) => [unit, await readJson(`/v1/districts/${unit}/metrics?period=${asked}`, { token: token() })]),
      );
      if (month === asked) onFigures(new Map(found));
    } catch (error) {
      if (month !== asked) return;
      onError(error);
      if (error.mayPass) timer = setTimeout(refresh, LEAST_BETWEEN_MS);
    }
  }

  return {
    choose(period) {
      month = period === ROLLING ? null : period;
      clearTimeout(timer);
      timer = null;
      if (month) refresh();
    },
    /** Something changed on the stream. */
    stale() {
      if (month && timer === null) timer = setTimeout(refresh, Math.max(0, lastRead + LEAST_BETWEEN_MS - Date.now()));
    },
  };
}
