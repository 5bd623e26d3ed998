"""Which units there are on a day, and whose work went to whom: those of the release, with what reorganisations changed.

A unit that ended and left its work to one other is told in that one; of one whose work was shared out nobody can tell
from sums which part went where, and it stays what it was. What can't be told is said: see :meth:`Register.told`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from forkant_contracts.codes import UnitChange
from forkant_contracts.units import UNITS, UnitKind

_DAY: Final = timedelta(days=1)
_MOST_KEPT: Final = 1_000
_HOLD_CASES: Final = frozenset({UnitKind.DISTRICT, UnitKind.SPECIAL_BODY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a reorganisation made of a unit from a day on."""

    unit: str
    kind: UnitKind
    what: UnitChange
    on: date
    predecessors: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUnit:
    """A unit with the days on which it is there; without a first day it was there before the first reorganisation."""

    id: str
    kind: UnitKind
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which it was there."""
    predecessors: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    cuts: tuple[date, ...] = ()
    """Days on which part of its work came or went, so that sums of before can't tell which."""

    @property
    def holds_cases(self) -> bool:
        """Whether its cases count."""
        return self.kind in _HOLD_CASES

    def there(self, first: date, last: date | None = None) -> bool:
        """Whether it is there on a day, or on any of some days."""
        return (self.valid_from is None or self.valid_from <= (last or first)) and (
            self.valid_until is None or first <= self.valid_until
        )


@dataclass(frozen=True)
class Register:
    """All units that there are or were, those of the release first, in the order in which they were established."""

    units: Mapping[str, KnownUnit] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[Change]) -> "Register":
        """Return the units of the release with what changed, whatever the order in which it became known."""
        found = {unit.id: KnownUnit(id=unit.id, kind=unit.kind) for unit in UNITS.values()}
        every = sorted(changes, key=lambda each: (each.on, each.unit))
        for each in every:
            found.setdefault(each.unit, KnownUnit(id=each.unit, kind=each.kind))
        return cls({unit: _changed(known, every) for unit, known in found.items()})

    def knows(self, unit: str) -> bool:
        """Whether there is or was such a unit."""
        return unit in self.units

    def holds_cases(self, unit: str) -> bool:
        """Whether a unit's cases count; one that nothing was told of yet is taken for one that was established."""
        return self.units[unit].holds_cases if unit in self.units else True

    def on(self, first: date, last: date | None = None) -> tuple[str, ...]:
        """Return the units with cases that are there on a day, or on any of some days."""
        found = self._asked.get((first, last))
        if found is None:
            found = tuple(each.id for each in self._with_cases() if each.there(first, last))
            if len(self._asked) < _MOST_KEPT:
                self._asked[first, last] = found
        return found

    def holder(self, unit: str, day: date) -> str:
        """Return the unit in which the work of one is told on a day: itself, or whom all of it went to by then."""
        seen = {unit}
        while (known := self.units.get(unit)) and known.valid_until is not None and known.valid_until < day:
            if len(known.successors) == 1 and known.successors[0] not in seen:
                [unit] = known.successors
                seen.add(unit)
                continue
            # What was shared out came together again where all shares ended up in one unit.
            shares = {self.holder(each, day) for each in known.successors if each not in seen}
            return shares.pop() if len(shares) == 1 else unit
        return unit

    def members(self, unit: str, day: date) -> tuple[str, ...]:
        """Return the units whose work is told in one on a day, itself among them."""
        return (
            *(each.id for each in self._with_cases() if self.holder(each.id, day) == unit and each.id != unit),
            unit,
        )

    def told(self, unit: str, day: date, *, since: date) -> bool:
        """Whether a unit's figures from a day on are those of the same work as it has on ``day``."""
        known = self.units.get(unit)
        if known is not None and not known.there(day):
            return False
        cuts = (cut for each in self.members(unit, day) if each in self.units for cut in self.units[each].cuts)
        return not any(since < cut <= day for cut in cuts)

    @cached_property
    def _asked(self) -> dict[tuple[date, date | None], tuple[str, ...]]:
        """What was asked before: figures of all units ask for the same days again and again."""
        return {}

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which units began or ended, in order."""
        ends = (each.valid_until + _DAY for each in self.units.values() if each.valid_until)
        begins = (each.valid_from for each in self.units.values() if each.valid_from)
        return tuple(sorted({*ends, *begins}))

    @cached_property
    def kin(self) -> Mapping[str, str]:
        """Units that are told together today or some day, by the one in which they are.

        Whoever works in that one knows the figures of all, and what is hidden of one is hidden of all: else the old
        structure less the new one would tell it.
        """
        if not self.days:
            return {}
        holders = {each.id: self.holder(each.id, self.days[-1]) for each in self._with_cases()}
        together = {holder for unit, holder in holders.items() if unit != holder}
        return {unit: holder for unit, holder in holders.items() if holder in together}

    def known_to(self, unit: str) -> frozenset[str]:
        """Return the units whose figures are a unit's own: itself, and those whose work went wholly into it.

        Of one that ended none are: whoever still acts for it has nothing to answer for, and would know a part of kin.
        """
        known = self.units.get(unit)
        if known is not None and known.valid_until is not None:
            return frozenset()
        return frozenset({unit, *(each for each, holder in self.kin.items() if holder == unit)})

    def _with_cases(self) -> Iterator[KnownUnit]:
        return (each for each in self.units.values() if each.holds_cases)


def _changed(unit: KnownUnit, changes: Collection[Change]) -> KnownUnit:
    own = [each for each in changes if each.unit == unit.id]
    began = next((each for each in own if each.what is UnitChange.ESTABLISHED), None)
    ended = next((each for each in own if each.what is UnitChange.ENDED), None)
    came = {
        name for each in own if each.what in {UnitChange.ESTABLISHED, UnitChange.GAINED} for name in each.predecessors
    }
    went = {name for each in own if each.what in {UnitChange.ENDED, UnitChange.LOST} for name in each.successors}
    return KnownUnit(
        id=unit.id,
        kind=unit.kind,
        valid_from=began.on if began else None,
        valid_until=ended.on - _DAY if ended else None,
        predecessors=tuple(sorted(came)),
        successors=tuple(sorted(ended.successors if ended else went)),
        cuts=tuple(sorted({each.on for each in changes if _cuts(each, unit.id)})),
    )


def _cuts(change: Change, unit: str) -> bool:
    """Whether a change shares a unit's work out, by which that of those who get some is not what it was either."""
    shared = change.what is UnitChange.LOST or (change.what is UnitChange.ENDED and len(change.successors) > 1)
    return shared and unit in {change.unit, *change.successors}


OF_THE_RELEASE: Final = Register.of(())
"""The units that this release was built with, as long as nothing changed."""
