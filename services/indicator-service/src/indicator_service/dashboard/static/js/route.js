/** Which page the address names and what it shows: all of it after the `#`, so that a sign-in brings it back. */

export const OVERVIEW = "overview";
export const INDICATOR = "indicator";
export const UNIT = "unit";
export const PLANS = "plans";
export const PILOTS = "pilots";

/** Read the address: `{page, ...choices}`; an address without a page is the overview's. */
export function readRoute() {
  const { page = OVERVIEW, ...choices } = Object.fromEntries(new URLSearchParams(window.location.hash.slice(1)));
  return { page, ...choices };
}

/** The address of a page with choices; those that are empty are left out. */
export function hrefOf(page, choices = {}) {
  const named = page === OVERVIEW ? choices : { page, ...choices };
  const given = Object.entries(named).filter(([, value]) => value !== null && value !== undefined && value !== "");
  // Commas stand in lists of units; they need no escape after a «#».
  return `#${new URLSearchParams(given).toString().replaceAll("%2C", ",")}`;
}

/** Write choices of the page that is shown into the address, as no step of its own. */
export function replaceRoute(page, choices) {
  window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}${hrefOf(page, choices)}`);
}

/** Go there, as a step that the back button undoes. */
export function go(page, choices) {
  window.location.hash = hrefOf(page, choices);
}
