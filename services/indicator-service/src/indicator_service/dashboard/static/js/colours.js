/** Colour classes of the tile map: five steps of one hue, dark on light or light on dark by the style sheet. */

import { d3 } from "./lib.js";

const STEPS = 5;

/** Make the scale: `step(value)` is 1 to 5, `breaks` the four values between the steps. */
export function colourScale(measure, values) {
  const shown = values.filter((value) => value !== null);
  if (shown.length === 0) return { step: () => 1, breaks: [] };
  const [least, most] = d3.extent(shown);
  if (least === most) return { step: () => 3, breaks: [] };
  const breaks = measure.kind === "count" ? countBreaks(most) : evenBreaks(least, most);
  const scale = d3.scaleThreshold().domain(breaks).range(d3.range(1, breaks.length + 2));
  return { step: scale, breaks };
}

/** Even steps between round numbers. */
function evenBreaks(least, most) {
  const [low, high] = d3.scaleLinear().domain([least, most]).nice(STEPS).domain();
  return d3.range(1, STEPS).map((step) => low + ((high - low) * step) / STEPS);
}

/** Units differ so much in size that even steps would leave all but one in the lowest: even steps of the root. */
function countBreaks(most) {
  const rounded = d3.range(1, STEPS).map((step) => tidy(most * (step / STEPS) ** 2));
  return [...new Set(rounded)].filter((value) => value > 0);
}

function tidy(value) {
  if (value < 10) return Math.round(value);
  const size = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.round(value / size) * size;
}
