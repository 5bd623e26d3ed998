/** What the page knows, and one redraw a frame however much of it changes. */

/** Make the state; `draw` is called with it in the next frame after a change. */
export function createState(draw) {
  const state = {
    units: [],
    ended: [],
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

