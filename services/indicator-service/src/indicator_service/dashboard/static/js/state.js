/** What the page knows, and one redraw a frame however much of it changes. */

/** Make the state; `draw` is called with it in the next frame after a change. */
export function createState(draw) {
  const state = {
    units: [],
    measures: [],
    chosen: null,
    period: "rolling_12",
    selected: null,
    active: null,
    live: new Map(),
    month: new Map(),
    flash: new Set(),
    flashes: 0,
  };
  let asked = false;

  function change(patch = {}) {
    Object.assign(state, patch);
    if (asked) return;
    asked = true;
    // A hidden tab gets no frames; it is drawn when it comes back.
    requestAnimationFrame(() => {
      asked = false;
      draw(state);
      state.flash = new Set();
    });
  }

  return { state, change };
}

/** The metrics that the chosen period is about, by unit. */
export const metricsOf = (state) => (state.period === "rolling_12" ? state.live : state.month);

/** Write the view into the address, so that it can be kept and shared. */
export function writeAddress({ chosen, period, selected }) {
  const parts = new URLSearchParams({ show: chosen?.id ?? "", period });
  if (selected) parts.set("unit", selected);
  window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}#${parts}`);
}

/** Read the view from the address. */
export function readAddress() {
  const parts = new URLSearchParams(window.location.hash.slice(1));
  return { show: parts.get("show"), period: parts.get("period"), unit: parts.get("unit") };
}
