"""What a run of the fault suite showed, as a table and as JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from forkant_devstack.faults.checker import Breach, Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trial; with a planted bug ``expected`` is what must be found, and without one nothing may be."""

    name: str
    faults: int
    judgement: Judgement
    recoveries: Sequence[float]
    folder: str
    expected: Breach | None = None

    @property
    def good(self) -> bool:
        """Whether the guarantees held, or the planted bug was caught."""
        if self.expected is not None:
            return self.judgement.count(self.expected) > 0
        return not self.judgement.findings

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON types."""
        judgement = asdict(self.judgement) | {"findings": [f"{f.breach}: {f.text}" for f in self.judgement.findings]}
        figures = {"recovery_p50_s": quantile(self.recoveries, 0.50), "recovery_p99_s": quantile(self.recoveries, 0.99)}
        return {**asdict(self), "judgement": judgement, "good": self.good, **figures}


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that the given share of the values doesn't exceed; None of none."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


def table_of(rows: Sequence[Row]) -> Table:
    """Show trials, one in a line."""
    table = Table(title="forkant faults", caption="recovery in seconds, from the fault's end until all is applied")
    table.add_column("fault", no_wrap=True)
    headings = ("faults", "operations", "lost", "duplicated", "twice", "out of order", "other", "p50", "p99", "")
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str | Text, ...]:
    count = row.judgement.count
    # What was sent and not applied is lost to the reader; what waits in the outbox is not.
    lost = count(Breach.LOST, Breach.NOT_APPLIED)
    unordered = count(Breach.OUT_OF_ORDER, Breach.APPLIED_OUT_OF_ORDER)
    twice = count(Breach.APPLIED_TWICE)
    other = len(row.judgement.findings) - lost - unordered - twice
    counts = (row.faults, row.judgement.operations, lost, row.judgement.duplicated, twice, unordered, other)
    return (
        row.name,
        *map(str, counts),
        *(_seconds(quantile(row.recoveries, share)) for share in (0.50, 0.99)),
        _mark(row),
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _mark(row: Row) -> Text:
    if row.expected is not None:
        return Text("✓ caught", style="green") if row.good else Text("✗ not caught", style="bold red")
    return Text("✓ held", style="green") if row.good else Text("✗ broken", style="bold red")
