/** One tab stop for a group of options: the arrow keys move within it, Enter and the space bar select. */

/**
 * Keep exactly one option of `group` reachable by Tab, and move focus by keys.
 *
 * `next(options, current, key)` gives the option that a key leads to, or undefined; `onSelect(option)` hears a choice.
 */
export function roving(group, { next, onSelect }) {
  const options = () => [...group.querySelectorAll('[role="option"]')];

  function makeCurrent(chosen) {
    for (const option of options()) option.setAttribute("tabindex", option === chosen ? "0" : "-1");
  }

  group.addEventListener("focusin", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) makeCurrent(option);
  });
  group.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) onSelect(option);
  });
  group.addEventListener("keydown", (event) => {
    const option = event.target.closest('[role="option"]');
    if (!option || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onSelect(option);
      return;
    }
    const target = next(options(), option, event.key);
    if (!target) return;
    event.preventDefault();
    target.focus();
  });

  return {
    /** After the options changed: one of them must be the tab stop. */
    settle() {
      const all = options();
      if (all.length && !all.some((option) => option.getAttribute("tabindex") === "0")) makeCurrent(all[0]);
    },
  };
}

/** Moves of a list from top to bottom, in the order in which the options are seen. */
export function listMoves(options, current, key) {
  const seen = [...options].sort((a, b) => Number(a.dataset.place) - Number(b.dataset.place));
  const at = seen.indexOf(current);
  return { ArrowDown: seen[at + 1], ArrowUp: seen[at - 1], Home: seen[0], End: seen.at(-1) }[key];
}

/** Moves of a row from left to right, by the places that the options have. */
export function rowMoves(options, current, key) {
  const seen = [...options].sort((a, b) => Number(a.dataset.place) - Number(b.dataset.place));
  const at = seen.indexOf(current);
  return { ArrowRight: seen[at + 1], ArrowLeft: seen[at - 1], Home: seen[0], End: seen.at(-1) }[key];
}

/** Moves of a map: to the nearest tile in that direction, straight on before aslant. */
export function mapMoves(options, current, key) {
  const [column, row] = placeOf(current);
  const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (key === "Home") return options[0];
  if (key === "End") return options.at(-1);
  if (!direction) return undefined;
  let best;
  let shortest = Infinity;
  for (const option of options) {
    const [x, y] = placeOf(option);
    const ahead = (x - column) * direction[0] + (y - row) * direction[1];
    const aside = Math.abs((x - column) * direction[1]) + Math.abs((y - row) * direction[0]);
    const distance = ahead + aside * 2;
    if (ahead > 0 && distance < shortest) [best, shortest] = [option, distance];
  }
  return best;
}

const placeOf = (option) => [Number(option.dataset.column), Number(option.dataset.row)];
