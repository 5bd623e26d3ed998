/** Words and rows of one indicator's page, worked out from its definition and its figures. */

import { dayName, pick, text, whole } from "./language.js";
import { apartLines, figureOf, missingText, settledText } from "./measures.js";

/** What stands beside a figure: what is missing, that it comes first, and what is shown apart. */
export function apartNotes(measure, figure) {
  const apart = apartLines(figure).map(([name, value]) => `${name}: ${value}`);
  const few = figure.value !== null && (figure.denominator?.value ?? 0) > 0 && figure.denominator.value < measure.minimum_n;
  return [missingText(figure), figure.prioritised && text("prioritised"), few && text("restsOnFew", whole(measure.minimum_n)), ...apart,
    settledText(figure)]
    .filter(Boolean).join(" · ");
}

/** The definition in force, each `[name, text]`. */
export function definitionFacts(measure) {
  const from = new Date(`${measure.valid_from}T12:00:00Z`);
  return [
    [text("numerator"), measure.numerator_text && pick(measure.numerator_text)],
    [text("denominator"), pick(measure.denominator_text)],
    [text("better"), text("directions")[measure.direction]],
    [text("countedWhen"), text(measure.counted_at_end ? "countedAtEnd" : "countedWithin")],
    [text("hiddenBelow"), text("hiddenRule", whole(measure.minimum_n))],
    [text("restsOn"), measure.rests_on.map((kind) => text("imported")[kind]).join(", ") || text("restsOnEvents")],
    [text("version"), text("versionFrom", whole(measure.definition_version), dayName(from))],
  ].filter(([, value]) => value);
}

/** The categories that there are of, each with its figure; those of nobody are left out, hidden ones are not. */
export function splitRows({ by, rows: [row] }) {
  const names = text("dimensions")[by].categories;
  return row.categories.map((each) => ({ name: names[each.category] ?? each.category, figure: figureOf(each) }))
    .filter(({ figure }) => figure.suppressed || figure.denominator.suppressed || figure.denominator.value > 0);
}
