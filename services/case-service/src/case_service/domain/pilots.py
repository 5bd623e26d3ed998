"""Pilots: types of case that only units which take part in a pilot programme may open, on the days of the programme.

Which types are pilots, and until when, is reference data. A type that is one and that no programme opens is open to
nobody. The day that counts is the one on which the case was opened, so that what is registered late, or taken over from
another system, is held against the programme as it was then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import PILOT_CASE_TYPES, CaseType

from case_service.domain.refusals import Code, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days, the last included; without a last one they go on."""

    first: date
    last: date | None = None

    def includes(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingPart:
    """A unit, the code of the programme that it takes part in, and the days on which it does."""

    unit: str
    pilot: str
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilots:
    """Which types of case are pilots on which days, and who takes part in a programme that opens them."""

    piloted: Mapping[str, Sequence[Days]] = field(default_factory=lambda: MappingProxyType({}))
    open_in: Mapping[str, Sequence[TakingPart]] = field(default_factory=lambda: MappingProxyType({}))

    def check(self, case_type: CaseType, *, unit: str, day: date) -> None:
        """Refuse a pilot in a unit that takes no part in it on a day; a part of a unit takes part with it.

        Raises:
            Refusal: ``pilot-not-open``.
        """
        code, district = case_type.value, unit.partition("/")[0]
        if not any(days.includes(day) for days in self.piloted.get(code, ())):
            return
        if not any(each.unit == district and each.days.includes(day) for each in self.open_in.get(code, ())):
            raise Refusal(Code.PILOT_NOT_OPEN)


NO_PILOTS: Final = Pilots()


def may_be_pilot(case_type: CaseType) -> bool:
    """Whether a type of case ever was a pilot; of all others nothing needs to be asked."""
    return case_type in PILOT_CASE_TYPES
