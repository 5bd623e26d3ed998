"""The documents of trials."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from indicator_service.api.comparison_documents import ComparedIndicator, SpellDocument
from indicator_service.api.models import Document, Fresh
from indicator_service.steering.trial_rules import (
    Finding,
    Recommendation,
    Reservation,
    TrialState,
    WithdrawalReason,
)


class ConclusionView(Document):
    """What came of a trial."""

    finding: Finding
    recommendation: Recommendation
    reservations: tuple[Reservation, ...]
    concluded_by: str
    concluded_at: datetime


class TrialView(Document):
    """A trial: its hypothesis as it was registered, and what came of it."""

    id: UUID
    version: int
    """Counts the changes of the trial; the ETag is made of it."""
    state: TrialState
    unit: str
    comparison_unit: str
    indicator: int
    direction: str
    expected: float
    partners: tuple[str, ...]
    before_from: date
    before_until: date
    valid_from: date
    valid_until: date
    registered_by: str
    registered_at: datetime
    conclusion: ConclusionView | None
    closed_by: str | None
    closed_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: WithdrawalReason | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "TrialView":
        """Write a trial."""
        conclusion = None if row["finding"] is None else ConclusionView.model_validate(dict(row))
        days = {"valid_from": row["first_day"], "valid_until": row["last_day"]}
        return cls.model_validate({**row, **days, "conclusion": conclusion})


class TrialPage(Document):
    """A page of trials, the newest first."""

    items: tuple[TrialView, ...]
    next: str | None
    """Cursor of the next page; null on the last."""


class TrialComparison(Fresh):
    """The indicator of a trial, for the unit and for the one that it is compared with."""

    trial: UUID
    unit: str
    comparison_unit: str
    frozen_at: datetime | None
    """When the trial was closed: the figures are those of that moment. Null while it is open: they are as of now."""
    before: SpellDocument | None
    after: SpellDocument | None
    """The whole months of the trial until now; null: there is none yet."""
    indicator: ComparedIndicator | None
    does_not_show: dict[str, tuple[str, ...]]
    """What the figures do not show, in plain words, by language."""
