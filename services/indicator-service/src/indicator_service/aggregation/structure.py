"""Structures of units: figures as units were in their time, or regrouped into the units of one day.

A structure changes in which unit something is told, never how much there is: the nation is the same in each.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of

THEN: Final = "then"
"""As units were."""
NOW: Final = "now"
"""As units are today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """In which units figures are told: those of their time or, with a day, those of that day."""

    register: Register = OF_THE_RELEASE
    day: date | None = None

    def holder(self, unit: str) -> str:
        """Return the unit in which the work of one is told."""
        return unit if self.day is None else self.register.holder(unit, self.day)

    def members(self, unit: str) -> tuple[str, ...]:
        """Return the units whose work is told in one."""
        return (unit,) if self.day is None else self.register.members(unit, self.day)

    def told(self, unit: str, period: Period) -> bool:
        """Whether a unit's figures of a period are all of its work and no other's, as far as the structure says."""
        return self.day is None or self.register.told(unit, self.day, since=period.first_month)

    def regrouped(self, by_unit: Mapping[str, Tally]) -> dict[str, Tally]:
        """Return the tallies of the structure's units, from those of every unit as it was."""
        if self.day is None:
            return dict(by_unit)
        found: dict[str, list[Tally]] = {}
        for unit, tally in by_unit.items():
            found.setdefault(self.holder(unit), []).append(tally)
        return {unit: tallies[0] if len(tallies) == 1 else sum_of(tallies) for unit, tallies in found.items()}

    def units(self, first: date, last: date, *, counted: Iterable[str]) -> tuple[str, ...]:
        """Return the units that an answer about some days lists, in the register's order.

        Args:
            first: the first day.
            last: the last day.
            counted: the units, as they were, of which there is something; some may not be known yet.
        """
        something = {self.holder(unit) for unit in counted if unit != NATIONAL and self.register.holds_cases(unit)}
        there = {self.holder(unit) for unit in self.register.on(first, last)} if first <= last else set()
        if self.day is not None:
            there |= set(self.register.on(self.day))
        known = tuple(unit for unit in self.register.units if unit in there | something)
        return (*known, *sorted(something - self.register.units.keys()))

    def owners(self, unit: str, day: date) -> tuple[str, ...]:
        """Return the units whose imported figures of a day make up those of one, or of the nation."""
        if unit == NATIONAL:
            return self.register.on(day)
        there = self.register.on(day)
        return tuple(each for each in self.members(unit) if each in there) or (unit,)


AS_RELEASED: Final = Structure()
"""The units of the release as they were."""


def every_unit(by_unit: Mapping[str, Tally], register: Register = OF_THE_RELEASE) -> dict[str, Tally]:
    """Return the tally of every unit that holds or held cases, empty where nothing counts."""
    return {unit: by_unit.get(unit, Tally()) for unit in units_of(by_unit, register)}


def units_of(by_unit: Collection[str], register: Register = OF_THE_RELEASE) -> tuple[str, ...]:
    """Return the units that hold or held cases: those of the register, then others for which something counts."""
    held = (each.id for each in register.units.values() if each.holds_cases)
    return (*held, *sorted(unit for unit in by_unit if unit not in register.units))
