/** The vendored d3, loaded as a plain script before the modules. */

export const { d3 } = window;

/** Make an element with attributes, properties for keys that start with a dot, and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith(".")) made[name.slice(1)] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Replace what is inside an element, leaving out what is null. */
export const replaceChildren = (target, children) => target.replaceChildren(...children.filter((child) => child !== null));

/** Find an element of the page that must be there. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

/** Set text only when it differs, so that nothing is announced or repainted for nothing. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Show an element, or hide it. */
export function show(target, visible) {
  if (target.hidden === visible) target.hidden = !visible;
}
