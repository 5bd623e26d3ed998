"""The watch over one indicator of one unit: an automaton that says when its value has come from one band into another.

It is told the value each time something may have changed, and the day. It tells of a crossing once: the band that it
keeps is the band of the last crossing it told of, or the first that it knew. The first is no crossing.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from forkant_contracts.codes import CrossingCause, TargetBand

from indicator_service.steering.bands import BETTER, Limits, band_held, band_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the value is held against: the target, its version, and the version of the definition."""

    target_id: UUID
    target_version: int
    definition_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a watch keeps: its band, and the band that the value is about to be counted in, since when."""

    band: TargetBand | None = None
    basis: Basis | None = None
    pending: TargetBand | None = None
    pending_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A value came from one band into another."""

    before: TargetBand
    after: TargetBand
    cause: CrossingCause


AT_REST: Final = Watched()
"""A watch that knows no band: nothing is aimed for, or no value could be told of yet."""


def step(
    watched: Watched, *, limits: Limits | None, basis: Basis | None, value: float | None, today: date
) -> tuple[Watched, Crossing | None]:
    """Return what the watch keeps after it was told how things stand, and the crossing to tell of.

    Args:
        watched: what it kept.
        limits: the limits of the target in force; None: there is none, and the watch comes to rest.
        basis: what the value is held against.
        value: the value; None: there is none, or it is too small to be told of. The watch then keeps its band, and
            waits anew where it waited.
        today: the day in Norway.
    """
    if limits is None or basis is None:
        return AT_REST, None
    if value is None:
        return replace(watched, pending=None, pending_since=None), None
    if watched.band is None:
        return Watched(band=band_of(value, limits), basis=basis), None
    after = band_held(value, limits, watched.band)
    if after is watched.band:
        return Watched(band=watched.band, basis=basis), None
    since = _waits_since(watched, after) or today
    if (today - since).days < limits.hold_days:
        return replace(watched, pending=after, pending_since=since), None
    crossing = Crossing(before=watched.band, after=after, cause=_cause(watched.basis, basis))
    return Watched(band=after, basis=basis), crossing


def _waits_since(watched: Watched, after: TargetBand) -> date | None:
    """Return since when the value has been on that side of the band, whichever band it was in there."""
    if watched.band is None or watched.pending is None:
        return None
    now, before, waiting = BETTER[after], BETTER[watched.band], BETTER[watched.pending]
    return watched.pending_since if (now > before) == (waiting > before) else None


def _cause(before: Basis | None, after: Basis) -> CrossingCause:
    if before is None or (before.target_id, before.target_version) == (after.target_id, after.target_version):
        changed = before is not None and before.definition_version != after.definition_version
        return CrossingCause.DEFINITION if changed else CrossingCause.VALUE
    return CrossingCause.TARGET
