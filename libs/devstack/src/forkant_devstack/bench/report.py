"""What a benchmark found, as a table and as JSON."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from rich.table import Table
from rich.text import Text

_MANY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of some rounds, and the lowest and highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise the rounds."""
        return cls(median=statistics.median(values), low=min(values), high=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure against its bar; ``load`` names what was run, ``ratio`` is to the ceiling of the same run.

    A figure that has no bar leaves it empty, and counts as reached.
    """

    benchmark: str
    load: str
    figure: str
    measured: Spread
    unit: str
    bar: str
    reached: bool
    ceiling: Spread | None = None
    ratio: Spread | None = None
    detail: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON types."""
        return asdict(self) | {"detail": dict(self.detail)}


def table_of(results: Sequence[Result]) -> Table:
    """Show results with their bars."""
    table = Table(title="forkant bench", show_lines=True)
    table.add_column("benchmark and load", ratio=1)
    for heading in ("measured", "ceiling", "ratio", "bar"):
        table.add_column(heading, max_width=15)
    for each in results:
        mark = Text("✓ reached", style="green") if each.reached else Text("✗ not reached", style="bold red")
        detail = ", ".join(f"{name} {_short(value)}" for name, value in each.detail.items())
        table.add_row(
            Text.assemble((f"{each.benchmark}: {each.figure}", "bold"), f"\n{each.load}", detail and f"\n{detail}"),
            f"{_number(each.measured)}\n{each.unit}",
            "" if each.ceiling is None else f"{_number(each.ceiling)}\n{each.unit}",
            "" if each.ratio is None else _percent(each.ratio),
            Text.assemble(each.bar, "\n", mark) if each.bar else "none",
        )
    return table


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _number(spread: Spread) -> str:
    if spread.low == spread.high:
        return _short(spread.median)
    return f"{_short(spread.median)}\n({_short(spread.low)}-{_short(spread.high)})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= _MANY else f"{value:.1f}"


def _percent(spread: Spread) -> str:
    return f"{spread.median:.0%}\n({spread.low:.0%}-{spread.high:.0%})"
