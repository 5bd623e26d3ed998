"""What requests about pilot programmes may hold; an unknown field is refused."""

from typing import Annotated

from forkant_contracts.codes import CaseType
from pydantic import Field, StringConstraints

from indicator_service.api.steering_bodies import READABLE, Body, Day, Number, Reason
from indicator_service.steering.pilot_rules import Programme

PilotCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$"), Field(examples=["online_communities"])]
UnitName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z-]{1,30}$"),
    Field(description="A district or a special body.", examples=["innlandet"]),
]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=120, pattern=READABLE)]


class ProposePilot(Body):
    """What is tried, by what it is judged, and when; none of it changes afterwards."""

    code: PilotCode
    """What events and the audit trail call it; no other programme ever had it."""
    name_nb: _Name
    name_en: _Name
    case_types: Annotated[tuple[CaseType, ...], Field(min_length=1, max_length=10)]
    """The case types that only units that take part may open."""
    indicators: Annotated[tuple[Number, ...], Field(min_length=1, max_length=10)]
    """The numbers of the indicators that it is judged by, chosen before it begins."""
    baseline_from: Day
    """First day of the time that it is compared with."""
    baseline_until: Day
    """Last day of that time; it comes before the pilot."""
    valid_from: Day
    """First day of the pilot."""
    valid_until: Day
    """Last day of the pilot."""
    reason: Reason
    """Why, in words that everybody who reads figures may read; nobody is to be named."""

    def programme(self) -> Programme:
        """Return what is proposed, each code once."""
        return Programme(
            code=self.code,
            name_nb=self.name_nb,
            name_en=self.name_en,
            case_types=tuple(dict.fromkeys(each.value for each in self.case_types)),
            indicators=tuple(dict.fromkeys(self.indicators)),
            baseline_from=self.baseline_from,
            baseline_until=self.baseline_until,
            first_day=self.valid_from,
            last_day=self.valid_until,
            reason=self.reason,
        )


class EndPilot(Body):
    """From which day on it goes on no longer, and why."""

    valid_from: Day | None = None
    """First day on which it goes on no longer; today without one. A proposal is taken back at once."""
    reason: Reason


class Enrol(Body):
    """Which unit takes part, and from when."""

    unit: UnitName
    valid_from: Day | None = None
    """First day on which it takes part; without one today, or the first day of the pilot."""


class WithdrawUnit(Body):
    """From when a unit takes part no longer."""

    valid_from: Day | None = None
    """First day on which it takes part no longer; today without one."""
