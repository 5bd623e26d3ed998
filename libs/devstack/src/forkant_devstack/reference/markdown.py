"""Small pieces of Markdown that the generated pages share."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_NOT_IN_SLUGS: Final = re.compile(r"[^\w\- ]")


def cell(text: str) -> str:
    """Return a text as a cell of a table takes it: on one line, with no bar of its own."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, or nothing when it has no rows."""
    body = [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    if not body:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *body]) + "\n"


def slug(heading: str) -> str:
    """Return the anchor of a heading, as the site and GitHub make it."""
    return _NOT_IN_SLUGS.sub("", heading.lower()).replace(" ", "-")


def codes(values: Iterable[object]) -> str:
    """Return values in code type, separated by commas."""
    return ", ".join(f"`{value}`" for value in values)
