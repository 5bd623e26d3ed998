/** Colour classes of the tile map: five steps of one hue, dark on light or light on dark by the style sheet. */

import { d3 } from "./lib.js";

const STEPS = 5;

/** Make the scale: `step(value)` is 1 to 5, `breaks` the values between the steps, `steps` those that are used. */
export function colourScale(measure, values) {
  const shown = values.filter((value) => value !== null);
  const [least, most] = d3.extent(shown);
  const breaks = shown.length === 0 || least === most ? [] : measure.kind === "count" ? countBreaks(most) : roundBreaks(least, most);
  if (breaks.length === 0) return { step: () => 3, breaks, steps: [] };
  const steps = d3.range(breaks.length + 1).map((index) => Math.round(1 + (index * (STEPS - 1)) / breaks.length));
  return { step: d3.scaleThreshold().domain(breaks).range(steps), breaks, steps };
}

/** Round values that part the range evenly. */
function roundBreaks(least, most) {
  for (let count = STEPS; count > 0; count -= 1) {
    const inside = d3.ticks(least, most, count).filter((value) => value > least && value < most);
    if (inside.length < STEPS) return inside;
  }
  return [];
}

/** Units differ so much in size that even steps would leave all but one in the lowest: even steps of the root. */
function countBreaks(most) {
  const rounded = d3.range(1, STEPS).map((step) => tidy(most * (step / STEPS) ** 2));
  return [...new Set(rounded)].filter((value) => value > 0);
}

/** Round to one digit, or to a half of it. */
function tidy(value) {
  const size = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return value < 10 ? Math.round(value) : (Math.round((2 * value) / size) / 2) * size;
}
