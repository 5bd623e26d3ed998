/** What changes for paper: the tables of a page are unfolded, since nobody can open them there. */

/** Unfold the tables of the page that is shown while it is printed; `note()` writes when that was. */
export function unfoldForPaper(note) {
  let unfolded = [];
  window.addEventListener("beforeprint", () => {
    note();
    unfolded = [...document.querySelectorAll(".page:not([hidden]) details.as-table:not([open])")];
    for (const details of unfolded) {
      details.open = true;
      // The event of its own comes too late: the page is laid out before it.
      details.dispatchEvent(new Event("toggle"));
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
    unfolded = [];
  });
}
