"""The table of attacks names tests that are there, and each file of this folder."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
README = HERE / "README.md"
NAMED = re.compile(r"`(?P<path>[\w/.-]+\.py)::(?P<name>\w+)`")


def names_in(path: Path) -> set[str]:
    """Return the names of the tests in a file, without importing it."""
    found = ast.walk(ast.parse(path.read_text()))
    functions = [node for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in functions if node.name.startswith("test_")}


def missing_from(text: str) -> list[str]:
    """Return what a text names that is not there."""
    missing = []
    for match in NAMED.finditer(text):
        path = (REPOSITORY if "/" in match["path"] else HERE) / match["path"]
        if not path.is_file() or match["name"] not in names_in(path):
            missing.append(match[0])
    return missing


def attacks(text: str) -> list[str]:
    """Return the lines of the table of attacks that are attacks, not headings."""
    table = text.partition("## Attack by attack")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [line for line in lines[1:] if not line.startswith("| **")]


def test_every_test_that_the_table_names_is_there():
    assert missing_from(README.read_text()) == []


def test_every_attack_is_held_by_a_test():
    lines = attacks(README.read_text())
    assert len(lines) > 40
    assert [line for line in lines if not NAMED.search(line)] == []


def test_every_file_of_this_folder_is_described():
    text = README.read_text()
    assert [path.name for path in sorted(HERE.glob("test_*.py")) if f"| `{path.name}` |" not in text] == []


def test_a_test_that_is_not_there_is_noticed():
    """Without this, a pattern that matches nothing would hold everything."""
    made_up = "| x | `test_gone.py::test_x`<br>`test_tokens.py::test_made_up` |"
    assert len(missing_from(made_up)) == 2
    assert missing_from(f"`{Path(__file__).name}::test_every_attack_is_held_by_a_test`") == []
