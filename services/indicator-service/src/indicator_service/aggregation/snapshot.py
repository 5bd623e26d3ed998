"""The tallies of some units at one moment, and what a reader sees of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figures import Mask, UnitFigures, figures_of, mask_of
from indicator_service.aggregation.settled import Settled
from indicator_service.aggregation.standing import Name, Standing, Stands, dated, together
from indicator_service.aggregation.structure import AS_RELEASED, Structure, every_unit
from indicator_service.aggregation.suppression import Rank
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import Catalogue, Metric

NOBODY: Final = ""
"""Stands where a reader has no unit of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: their unit, those whose work went wholly into it, and whether they see every unit's figures."""

    unit: str
    sees_all: bool = False
    before: frozenset[str] = frozenset()

    def sees_exact(self, unit: str) -> bool:
        """Whether the figures of a unit are shown unsuppressed."""
        return self.sees_all or unit == self.unit or unit in self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Tallies by unit, the national one among them, and what to hide from those who may not see exact figures."""

    tallies: Mapping[str, Tally]
    period: Period
    catalogue: Catalogue
    mask: Mask
    units: tuple[str, ...]
    """The units that are listed: those of the structure that were there in the period, or have something in it."""
    uncounted: frozenset[Metric] = frozenset()
    """What is not counted yet of what was known before."""
    structure: Structure = AS_RELEASED
    standing: Standing = field(default_factory=dict)
    """Since when what is shown stands, by the units as they were."""
    settled: "Snapshot | None" = None
    """What those are shown who may not see exact figures, where it is not these less what is hidden."""

    def figures(self, unit: str, *, exact: bool) -> UnitFigures:
        """Return a unit's figures; a unit that holds no cases has zeros."""
        if not exact and self.settled is not None:
            return self.settled.figures(unit, exact=False)
        tally = self.tallies.get(unit, Tally())
        mask = None if exact else self.mask
        if mask and unit != NATIONAL and not self.structure.register.holds_cases(unit):
            # It should hold no cases, and is in no total; should it hold some all the same, few stay hidden.
            mask = mask_of({unit: tally}, catalogue=self.catalogue, period=self.period, rank=str.encode)
        found = figures_of(
            unit,
            tally,
            catalogue=self.catalogue,
            period=self.period,
            mask=mask,
            uncounted=self.uncounted,
            structure=self.structure,
        )
        return dated(found, self._stands(unit)) if self.standing and not exact else found

    def _stands(self, unit: str) -> Mapping[Name, Stands]:
        members = (unit,) if unit == NATIONAL else self.structure.members(unit)
        return together(self.standing.get(each, {}) for each in members)


def take_snapshot(
    by_unit: Mapping[str, Tally],
    *,
    period: Period,
    catalogue: Catalogue,
    rank: Rank,
    uncounted: frozenset[Metric] = frozenset(),
    mask: Mask | None = None,
    structure: Structure = AS_RELEASED,
) -> Snapshot:
    """Add the national tally, and choose what to hide; without a mask, as of figures that add up to no others.

    What is hidden is the same in every structure, so that one less the other tells nothing.
    """
    tallies = every_unit(by_unit, structure.register)
    mask = mask or mask_of(tallies, catalogue=catalogue, period=period, rank=rank, register=structure.register)
    without = {unit: tally for unit, tally in by_unit.items() if unit not in tallies}
    everyone = {**without, **structure.regrouped(tallies), NATIONAL: sum_of(tallies.values())}
    return Snapshot(
        tallies=everyone,
        period=period,
        catalogue=catalogue,
        mask=mask,
        units=structure.units(period.first_month, period.last_day, counted=by_unit),
        uncounted=uncounted,
        structure=structure,
    )


def with_settled(snapshot: Snapshot, settled: Settled) -> Snapshot:
    """Return a snapshot that shows to others what was settled for them."""
    shown = take_snapshot(
        settled.tallies,
        period=snapshot.period,
        catalogue=snapshot.catalogue,
        rank=str.encode,
        uncounted=snapshot.uncounted,
        mask=settled.mask,
        structure=snapshot.structure,
    )
    return replace(snapshot, settled=replace(shown, standing=settled.standing))
