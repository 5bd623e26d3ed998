"""The index of the decisions, made from the records' headings."""

from pathlib import Path
from typing import Final

from forkant_devstack.reference.markdown import table

_HEAD: Final = """# Decisions

Each record says what was decided, from which facts, and what that costs. A later record that replaces an earlier one
names it.

"""


def document(root: Path) -> str:
    """Return the page's text."""
    rows = []
    for path in sorted((root / "docs/adr").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, said = title.partition(" ")
        rows.append((number, f"[{said}]({path.name})"))
    return _HEAD + table(("number", "decision"), rows)
