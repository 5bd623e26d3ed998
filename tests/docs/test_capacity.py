"""The worked examples of the page on capacity follow from the costs that stand on it."""

import re

import pytest

from .pages import ROOT

TEXT = (ROOT / "docs/how-to/capacity.md").read_text(encoding="utf-8")
WORKED_S = 220 * 8 * 3600
PEAK = 4
COMMANDS_PER_EVENT = 6394 / 11216
PROJECTED_PER_S = 21_000
COLUMNS = {"district of a million": 1, "Norway": 2, "ten such countries": 3}


def row(start: str) -> list[str]:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def number(cell: str) -> float:
    found = re.search(r"[\d,.]+", cell)
    assert found, cell
    return float(found[0].replace(",", "")) * (1e6 if "million" in cell else 1)


def cost(start: str) -> float:
    return number(row(start)[1])


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_worked_example_follows_from_the_costs(column):
    told = {name: number(row(name)[column]) for name in ("cases a year", "events a year", "audited reads a year")}
    reads = told["audited reads a year"] / WORKED_S * PEAK
    commands = told["events a year"] * COMMANDS_PER_EVENT / WORKED_S * PEAK
    disk = told["events a year"]
    expected = {
        "reads a second": reads,
        "commands a second": commands,
        "cores for reads": reads * cost("single case read") / 1000,
        "cores for commands": commands * cost("case opened over HTTP") / 1000,
        "disk of the audit trail": told["audited reads a year"] * 2 * cost("entry of the audit trail") / 1e9,
        "disk of cases": told["cases a year"] * cost("case with its 1.6 concerns") / 1e9,
        "disk of events": disk * cost("event in the archive") / 1e9,
        "disk of Kafka": disk * 30 / 365 * 3 * cost("record on Kafka") / 1e9,
        "minutes to rebuild": disk * 5 / PROJECTED_PER_S / 60,
    }
    assert {name: number(row(name)[column]) for name in expected} == pytest.approx(expected, rel=0.08, abs=0.006)
