/** All indicators of the chosen unit, or of the country, as a table; each name is a button that shows it in the charts. */

import { pick, text, whole } from "./language.js";
import { byId, element, replaceChildren, setText } from "./lib.js";
import { apartLines, countText, figureText, missingText, read, targetText } from "./measures.js";

/** Make the table; `onChoose(id)` hears which indicator is to be shown. */
export function createIndicators({ onChoose }) {
  const body = byId("indicators-rows");
  body.addEventListener("click", (event) => {
    const id = event.target.closest("[data-measure]")?.dataset.measure;
    if (id) onChoose(id);
  });

  return {
    draw(view, measures) {
      const row = view.rows.find(({ id }) => id === view.selected);
      setText(byId("indicators-title"), text("allTitle", row ? row.name : text("national")));
      for (const measure of measures.filter(({ number }) => number !== undefined)) {
        drawRow(body, measure, read(measure, row ? row.metrics : view.nationalMetrics), measure === view.measure);
      }
    },
    /** Make the rows again, in another language. */
    relabel() {
      body.replaceChildren();
    },
  };
}

function drawRow(body, measure, figure, chosen) {
  const id = `indicator-${measure.id}`;
  const line = document.getElementById(id) ?? body.appendChild(makeRow(measure, id));
  line.querySelector("button").setAttribute("aria-pressed", String(chosen));
  const missing = missingText(figure);
  const apart = apartLines(figure).map(([name, value]) => `${name}: ${value}`);
  setText(line.querySelector(".apart"), [missing, figure.prioritised && text("prioritised"), ...apart].filter(Boolean).join(" · "));
  const aim = line.querySelector(".aim");
  setText(aim, figure.target ? `${text("target")} ${targetText(measure, figure)}` : "");
  aim.dataset.band = figure.target?.band ?? "";
  const [value, numerator, denominator] = line.querySelectorAll("td");
  setText(value, missing ? "–" : figureText(measure, figure));
  setText(numerator, countText(figure.numerator));
  setText(denominator, countText(figure.denominator));
}

function makeRow(measure, id) {
  const name = element("button", { type: "button", class: "plain", "data-measure": measure.id },
    `${whole(measure.number)} ${pick(measure.name)}`);
  const row = element("tr", { id }, element("th", { scope: "row" }, name, element("span", { class: "aim" }), element("span", { class: "apart" })));
  replaceChildren(row, [...row.children, element("td"), element("td"), element("td")]);
  return row;
}
