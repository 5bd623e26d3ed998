"""The documents of targets and priorities."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from indicator_service.api.models import Document
from indicator_service.steering.versions import VersionState


class SteeringReceipt(Document):
    """What was changed; the ETag is that of its version."""

    id: UUID
    version: int
    number: int | None = None
    """The version of the target that it was about."""


class TargetVersionView(Document):
    """A version of a target. Everything is in the indicator's unit of measurement."""

    number: int
    state: VersionState
    goal: float
    near: float
    margin: float
    hold_days: int
    valid_from: date
    """First day that was proposed."""
    valid_until: date | None
    """Last day that was proposed; null: it goes on."""
    in_force_from: date | None
    """First day that it was or will be in force; null: it never was."""
    in_force_until: date | None
    """Last day that it was or will be in force; null: it goes on, or never was."""
    ended_by: int | None
    """The version that ended it."""
    reason: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "TargetVersionView":
        """Write a version."""
        return cls.model_validate(
            {
                **row,
                "valid_from": row["wanted_from"],
                "valid_until": row["wanted_until"],
                "in_force_from": row["first_day"],
                "in_force_until": row["last_day"],
            }
        )


class TargetLine(Document):
    """A target in a list, with the version in force on the day that was asked about."""

    id: UUID
    version: int
    """Counts the changes of the target; the ETag is made of it."""
    unit: str
    indicator: int
    period: str
    in_force: TargetVersionView | None
    awaits_approval: tuple[int, ...]
    """Versions that are proposed and not decided about."""

    @classmethod
    def of(cls, row: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], day: date) -> "TargetLine":
        """Write a target."""
        return cls.model_validate(_line(row, versions, day))


class TargetView(TargetLine):
    """A target with all of its versions that the reader may see, the oldest first."""

    versions: tuple[TargetVersionView, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], day: date) -> "TargetView":
        """Write a target with its history."""
        history = [TargetVersionView.of(each) for each in versions]
        return cls.model_validate({**_line(row, versions, day), "versions": history})


class TargetPage(Document):
    """A page of targets, the newest first."""

    items: tuple[TargetLine, ...]
    next: str | None
    """Cursor of the next page; null on the last."""


class PriorityView(Document):
    """An indicator or a theme that comes first for a unit, or for all of them, for a time."""

    id: UUID
    version: int
    unit: str
    indicator: int | None
    theme: str | None
    valid_from: date
    valid_until: date
    ended_on: date | None
    """First day on which it no longer has priority, when that was taken back before the last."""
    reason: str
    set_by: str
    set_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "PriorityView":
        """Write a priority."""
        return cls.model_validate({**row, "valid_from": row["first_day"], "valid_until": row["last_day"]})


class PriorityPage(Document):
    """A page of priorities, the newest first."""

    items: tuple[PriorityView, ...]
    next: str | None
    """Cursor of the next page; null on the last."""


def _line(row: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], day: date) -> dict[str, Any]:
    in_force = [each for each in versions if _is_in_force(each, day)]
    return {
        **row,
        "in_force": TargetVersionView.of(in_force[0]) if in_force else None,
        "awaits_approval": [each["number"] for each in versions if each["state"] == VersionState.PROPOSED],
    }


def _is_in_force(version: Mapping[str, Any], day: date) -> bool:
    first, last = version["first_day"], version["last_day"]
    return first is not None and first <= day and (last is None or day <= last)
