"""What a figure is held against and how it stands to it, as it is shown beside the figure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from forkant_contracts.codes import TargetBand

Status = Literal["judged", "suppressed", "no_value", "not_counted"]
"""Whether the value was held against the target, or why not: it is hidden, there is none, or none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedTarget:
    """The target that was in force at the end of the period, and the band that the value shown is in.

    ``unit`` is the unit itself, or ``national`` where the unit has no target of its own and the national one holds.
    ``goal`` and ``near`` are in the indicator's unit of measurement. ``band`` is null where no value is shown.
    """

    id: UUID
    version: int
    unit: str
    goal: float
    near: float
    valid_from: date
    valid_until: date | None
    status: Status
    band: TargetBand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedPriority:
    """An indicator or a theme that the unit itself, or the directorate for all, gave priority at the end of the period.

    ``reason`` is what whoever gave it wrote.
    """

    id: UUID
    unit: str
    indicator: int | None
    theme: str | None
    valid_from: date
    valid_until: date
    reason: str
