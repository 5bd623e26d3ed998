"""The documents of pilot programmes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from indicator_service.api.models import Document
from indicator_service.steering.pilot_rules import PilotState


class EnrolmentView(Document):
    """The days on which a unit takes part."""

    unit: str
    valid_from: date
    valid_until: date | None
    """Last day; null: as long as the pilot goes on. Before the first day: it never took part."""
    enrolled_by: str
    enrolled_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    unit_ended_on: date | None
    """Last day of a unit that was merged or split; null: it is there."""
    successors: tuple[str, ...]
    """The units that its work went to. None of them takes part by that: each is enrolled by itself."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "EnrolmentView":
        """Write an enrolment."""
        return cls.model_validate({**row, "valid_from": row["first_day"], "valid_until": row["last_day"]})


class PilotLine(Document):
    """A pilot programme in a list, with the units that take part on the day that was asked about."""

    id: UUID
    version: int
    """Counts the changes of the pilot; the ETag is made of it."""
    code: str
    name_nb: str
    name_en: str
    state: PilotState
    case_types: tuple[str, ...]
    indicators: tuple[int, ...]
    baseline_from: date
    baseline_until: date
    valid_from: date
    valid_until: date
    """Last day that was proposed."""
    goes_on_until: date
    """Last day as it stands now; before the first day: it never was."""
    units: tuple[str, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any], enrolments: Sequence[Mapping[str, Any]], day: date) -> "PilotLine":
        """Write a programme."""
        return cls.model_validate(_line(row, enrolments, day))


class PilotView(PilotLine):
    """A pilot programme with who decided what about it, and all enrolments, the earliest first."""

    reason: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    ending_reason: str | None
    enrolments: tuple[EnrolmentView, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any], enrolments: Sequence[Mapping[str, Any]], day: date) -> "PilotView":
        """Write a programme with its history."""
        history = [EnrolmentView.of(each) for each in enrolments]
        return cls.model_validate({**_line(row, enrolments, day), "enrolments": history})


class PilotPage(Document):
    """A page of pilot programmes, the newest first."""

    items: tuple[PilotLine, ...]
    next: str | None
    """Cursor of the next page; null on the last."""


def _line(row: Mapping[str, Any], enrolments: Sequence[Mapping[str, Any]], day: date) -> dict[str, Any]:
    goes_on = row["first_day"] <= day <= row["closes"] and row["state"] in {PilotState.APPROVED, PilotState.ENDED}
    units = {e["unit"] for e in enrolments if e["first_day"] <= day and (e["last_day"] is None or day <= e["last_day"])}
    return {
        **row,
        "valid_from": row["first_day"],
        "valid_until": row["last_day"],
        "goes_on_until": row["closes"],
        "units": sorted(units) if goes_on else [],
    }
