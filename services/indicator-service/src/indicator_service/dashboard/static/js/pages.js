/** The pages beside the overview: which one is shown, its entry among the links, its title, and who hears of changes. */

import { text } from "./language.js";
import { byId, show } from "./lib.js";
import { hrefOf, OVERVIEW, readRoute } from "./route.js";

const CARRIED = ["show", "unit", "period", "structure"];

/** Make the switch between pages; `pages` gives each by its name: `{section, title, open, draw, stale, close, relabel}`. */
export function createPages(pages) {
  const links = [...document.querySelectorAll("#pages [data-page]")];
  let shown = OVERVIEW;

  const named = () => {
    const route = readRoute();
    return route.page in pages ? route : { ...route, page: OVERVIEW };
  };

  function mark(route = named()) {
    const carried = Object.fromEntries(CARRIED.map((name) => [name, route[name]]));
    for (const link of links) {
      link.setAttribute("href", hrefOf(link.dataset.page, carried));
      if (link.dataset.page === route.page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  function title() {
    document.title = `Forkant – ${pages[shown]?.title() ?? text("tagline")}`;
  }

  return {
    /** The name of the page that is shown. */
    shown: () => shown,
    /** Let the links lead to what is chosen now. */
    carry: () => mark(),
    /** Show the page that the address names, with what it names. */
    turn(state) {
      const route = named();
      const turned = route.page !== shown;
      if (turned) pages[shown]?.close();
      shown = route.page;
      mark(route);
      for (const [name, { section }] of Object.entries(pages)) show(section, name === shown);
      pages[shown]?.open(route, state);
      title();
      // Whoever follows a link begins to read at what it led to.
      if (turned) (pages[shown]?.section.querySelector("h2") ?? byId("main")).focus({ preventScroll: true });
      if (turned) window.scrollTo(0, 0);
    },
    draw: (state) => pages[shown]?.draw(state),
    /** Figures of a unit changed on the stream. */
    stale: (unit) => pages[shown]?.stale(unit),
    /** Stop reading: the session is over. */
    stop: () => pages[shown]?.close(),
    relabel(state) {
      pages[shown]?.relabel(state);
      title();
    },
  };
}
