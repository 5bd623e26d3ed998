/** The ground of the trend chart: where a value met the target that was in force in a month, and where it was near. */

import { text } from "./language.js";
import { d3 } from "./lib.js";
import { written } from "./measures.js";

/** The months in a row that one target was in force in: `{first, last, goal, near}`. */
export function bandsOf({ lines: [own] }) {
  const found = [];
  own.points.forEach(({ target }, at) => {
    const before = found.at(-1);
    if (!target) return;
    if (before?.last === at - 1 && before.goal === target.goal && before.near === target.near) before.last = at;
    else found.push({ first: at, last: at, goal: target.goal, near: target.near });
  });
  return found;
}

/** Draw them behind everything, with a line on the goal and its value over the line. */
export function drawBands(back, view, { x, y }) {
  const [bottom, top] = y.range();
  const higher = view.measure.direction !== "lower";
  const within = (value) => Math.min(bottom, Math.max(top, y(value)));
  for (const { first, last, goal, near } of bandsOf(view)) {
    const [from, to] = [x(first), x(last) + x.bandwidth()];
    const rect = (name, a, b) => back.append("rect").attr("class", `band ${name}`).attr("x", from).attr("width", to - from)
      .attr("y", Math.min(a, b)).attr("height", Math.abs(a - b));
    rect("band-met", within(goal), higher ? top : bottom);
    rect("band-near", within(goal), within(near));
    back.append("line").attr("class", "goal-line").attr("x1", from).attr("x2", to).attr("y1", within(goal)).attr("y2", within(goal));
    const said = `${text("target")} ${higher ? "≥" : "≤"}\u00a0${written(view.measure, goal, { short: true })}`;
    const over = within(goal) - top > 18;
    // In the later half the label leans back from the edge of the chart.
    const late = from > d3.mean(x.range());
    back.append("text").attr("class", "goal-label").attr("text-anchor", late ? "end" : "start").attr("x", late ? to - 4 : from + 4).attr("y", within(goal) + (over ? -5 : 13)).text(said);
  }
}
