"""The documents of the self-audit."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from indicator_service.self_audit.standing import Standing, State


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class SelfAuditSummary(_Document):
    """Whether the figures agree with the case service, in short."""

    state: State
    """`agrees` or `drifts`; `overdue` or `never` when nothing is known of now, which is not the same as no drift."""
    last_round_ended_at: datetime | None
    """When everything had been compared the last time."""
    round_age_seconds: float | None
    """Time since then."""

    @classmethod
    def of(cls, known: Standing) -> "SelfAuditSummary":
        """Return what everybody may know: no count."""
        return cls(
            state=known.state,
            last_round_ended_at=known.last_round_ended_at,
            round_age_seconds=known.round_age_seconds,
        )


class IndicatorDrift(_Document):
    """One indicator of a unit that is touched."""

    number: int
    drift: int
    """Cases and concerns by which it is touched, at the least."""


class UnitDrift(_Document):
    """What has drifted in one unit."""

    unit: str
    drift: int
    """Cases and concerns, and once more where the unit's sums are not those of its facts."""
    indicators: tuple[IndicatorDrift, ...]
    """Indicators that are touched; none when what differs counts for nothing today."""

    @classmethod
    def of(cls, unit: str, drift: int, numbers: Mapping[int, int]) -> "UnitDrift":
        """Return what has drifted in one unit."""
        touched = (IndicatorDrift(number=number, drift=amount) for number, amount in numbers.items())
        return cls(unit=unit, drift=drift, indicators=tuple(touched))


class ComparedDocument(_Document):
    """What the last round compared."""

    cases: int
    concerns: int
    cells: int
    """Sums that figures are read from."""


class SelfAuditDocument(SelfAuditSummary):
    """What the self-audit knows."""

    round_seconds: float | None
    """How long the last round took."""
    expected_within_seconds: float | None
    """After how much time without the end of a round nothing is known any more."""
    failing_since: datetime | None
    """Since when the case service, or who lets us in there, has not answered."""
    compared: ComparedDocument | None
    """For whoever sees every unit."""
    drift: int | None
    """How much has drifted in all units, found twice; for whoever sees every unit, and null while nothing is known."""
    waiting: int | None
    """How much the stream has to tell of first; for whoever sees every unit."""
    units: tuple[UnitDrift, ...]
    """The units in which something has drifted: of whoever asks, the own one alone, unless they see every unit."""

    @classmethod
    def of_all(cls, known: Standing, units: tuple[UnitDrift, ...], *, sees_all: bool) -> "SelfAuditDocument":
        """Return what a reader may know."""
        compared = ComparedDocument(cases=known.cases, concerns=known.concerns, cells=known.cells)
        certain = known.state in (State.AGREES, State.DRIFTS)
        return cls(
            **SelfAuditSummary.of(known).model_dump(),
            round_seconds=known.round_seconds,
            expected_within_seconds=known.expected_within_seconds,
            failing_since=known.failing_since,
            compared=compared if sees_all and known.last_round_ended_at is not None else None,
            drift=known.drifting if sees_all and certain else None,
            waiting=known.waiting if sees_all else None,
            units=units,
        )
