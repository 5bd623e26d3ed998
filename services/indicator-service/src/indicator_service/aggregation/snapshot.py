"""The tallies of some units at one moment, and what a reader sees of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forkant_contracts.units import CASE_UNITS, UNITS

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figures import Mask, UnitFigures, figures_of, mask_of
from indicator_service.aggregation.suppression import Rank
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import Catalogue, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: their own unit, and whether they may see every unit's exact figures."""

    unit: str
    sees_all: bool = False

    def sees_exact(self, unit: str) -> bool:
        """Whether the figures of a unit are shown unsuppressed."""
        return self.sees_all or unit == self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Tallies by unit, the national one among them, and what to hide from those who may not see exact figures."""

    tallies: Mapping[str, Tally]
    period: Period
    catalogue: Catalogue
    mask: Mask
    units: tuple[str, ...]
    """The units that hold cases, whose sum the total is: those of the contracts, then what was established since."""
    uncounted: frozenset[Metric] = frozenset()
    """What is not counted yet of what was known before."""

    def figures(self, unit: str, *, exact: bool) -> UnitFigures:
        """Return a unit's figures; a unit that holds no cases has zeros."""
        tally = self.tallies.get(unit, Tally())
        mask = None if exact else self.mask
        if mask and unit not in (*self.units, NATIONAL):
            # It should hold no cases, and is in no total; should it hold some all the same, few stay hidden.
            mask = mask_of({unit: tally}, catalogue=self.catalogue, period=self.period, rank=str.encode)
        return figures_of(
            unit, tally, catalogue=self.catalogue, period=self.period, mask=mask, uncounted=self.uncounted
        )


def units_of(by_unit: Iterable[str]) -> tuple[str, ...]:
    """Return the units that hold cases: those of the contracts, then others for which something counts."""
    return (*CASE_UNITS, *sorted(unit for unit in by_unit if unit not in UNITS))


def every_unit(by_unit: Mapping[str, Tally]) -> dict[str, Tally]:
    """Return the tally of every unit that holds cases, empty where nothing counts."""
    return {unit: by_unit.get(unit, Tally()) for unit in units_of(by_unit)}


def take_snapshot(
    by_unit: Mapping[str, Tally],
    *,
    period: Period,
    catalogue: Catalogue,
    rank: Rank,
    uncounted: frozenset[Metric] = frozenset(),
    mask: Mask | None = None,
) -> Snapshot:
    """Add the national tally, and choose what to hide; without a mask, as of figures that add up to no others."""
    tallies = every_unit(by_unit)
    mask = mask or mask_of(tallies, catalogue=catalogue, period=period, rank=rank)
    everyone = {**by_unit, **tallies, NATIONAL: sum_of(tallies.values())}
    return Snapshot(
        tallies=everyone, period=period, catalogue=catalogue, mask=mask, units=tuple(tallies), uncounted=uncounted
    )
