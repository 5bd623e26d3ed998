"""What a verification found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

SHOWN: Final = 20
"""How many differences of a check are kept; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not as it should be: what was looked at, what stands there, and what should."""

    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"{self.key}: {self.found}, should be {self.expected}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one guarantee: how much was compared, and what differed."""

    guarantee: str
    name: str
    compared: int
    differences: Sequence[Difference] = ()
    differing: int = field(default=-1)

    def __post_init__(self) -> None:
        """Count the differences when the caller has not, and keep the first ones."""
        if self.differing < 0:
            object.__setattr__(self, "differing", len(self.differences))
        object.__setattr__(self, "differences", tuple(self.differences[:SHOWN]))

    @property
    def ok(self) -> bool:
        """Whether nothing differed."""
        return self.differing == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks of a verification."""

    checks: Sequence[Check]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every check is green."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "checks": [asdict(check) | {"ok": check.ok} for check in self.checks],
        }
