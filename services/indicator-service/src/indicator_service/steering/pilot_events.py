"""The events of a pilot programme, built of codes and ids alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import CaseType
from forkant_contracts.envelope import EventData
from forkant_contracts.events.steering import PilotEnded, PilotEnrolled, PilotWithdrawn
from forkant_contracts.units import DIRECTORATE

from indicator_service.steering.events import SOURCE
from indicator_service.steering.pilot_rules import Enrolment
from indicator_service.steering.pilot_store import Pilot


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What an event of a programme says besides what happened: which of its events it is, when, and who takes part."""

    pilot: Pilot
    number: int
    units: tuple[str, ...]
    at: datetime
    new_id: Callable[[], UUID]

    def event(self, unit: str, data: EventData) -> Event:
        """Return the event."""
        return Event(
            id=self.new_id(),
            source=SOURCE,
            aggregate_id=self.pilot.id,
            aggregate_version=self.number,
            unit=unit,
            occurred_at=self.at,
            recorded_at=self.at,
            data=data,
        )


def enrolled(telling: Telling, enrolment: Enrolment) -> Event:
    """Return the event that tells of a unit that takes part from a day on."""
    programme = telling.pilot.programme
    data = PilotEnrolled(
        pilot=programme.code,
        districts=telling.units,
        case_types=tuple(CaseType(each) for each in programme.case_types),
        baseline_from=programme.baseline_from,
        starts_on=programme.first_day,
        ends_on=telling.pilot.closes,
        enrolled_from=enrolment.first,
    )
    return telling.event(enrolment.unit, data)


def withdrawn(telling: Telling, unit: str, *, last_day: date) -> Event:
    """Return the event that tells of a unit that takes part no longer."""
    data = PilotWithdrawn(pilot=telling.pilot.programme.code, districts=telling.units, last_day=last_day)
    return telling.event(unit, data)


def ended(telling: Telling, *, last_day: date) -> Event:
    """Return the event that tells of a programme that was ended before its last day."""
    data = PilotEnded(pilot=telling.pilot.programme.code, districts=telling.units, last_day=last_day)
    return telling.event(DIRECTORATE, data)
