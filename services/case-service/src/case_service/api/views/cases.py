"""Cases: the receipt of a change, lists, one case with all below it, its history, the feed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.api.views.transfers import CaseTransferView
from case_service.api.views.work import (
    AssessmentView,
    EvaluationView,
    FollowUpView,
    InformationView,
    MeasureView,
    PartnerView,
    PlanView,
)
from case_service.domain.attempt import Action
from case_service.domain.levels import Level


class CaseReceipt(View):
    """The case after a command; ``item_id`` names the measure, follow-up, partner or offer that it was about."""

    id: UUID
    unit: str
    state: c.CaseState
    version: int
    recorded_at: datetime
    item_id: UUID | None


class CaseLine(View):
    """A case in a list: codes and dates, nothing that anybody wrote."""

    id: UUID
    unit: str = Field(description="The unit that holds it; of what has ended, the unit of its time.")
    successor: str | None = Field(description="Who answers for it since a reorganisation ended that unit.")
    state: c.CaseState
    version: int
    case_type: c.CaseType
    theme: c.Theme
    age_band: c.AgeBand
    subject_category: c.SubjectCategory
    arena: c.Arena
    municipality_number: str | None
    restricted: bool
    level: Level
    opened_at: datetime
    updated_at: datetime
    clarification_deadline: date
    closed_at: datetime | None
    close_reason: c.CloseReason | None
    retention_until: date = Field(description="The last day on which the case is kept, as it stands now.")
    prevention_goal: UUID | None = Field(description="The goal of the unit's prevention plan that it is tied to.")


class CasePage(View):
    """A page of cases; ``next`` is the cursor of the next page."""

    items: list[CaseLine]
    next: str | None


class MergedList(View):
    """The cases that were merged into one and that the caller may see."""

    items: list[CaseLine]


class Count(View):
    """How many cases there are."""

    count: int


class NoteView(View):
    """What somebody wrote about a change."""

    action: Action
    text: str
    author: str
    written_at: datetime


class CaseView(CaseLine):
    """A case with everything below it; assessment, plan and evaluation are those of ``shown_round``."""

    round: int
    shown_round: int
    held_from: c.CaseState | None
    hold_reason: c.HoldReason | None
    restriction_reason: c.RestrictionReason | None
    reject_reason: c.RejectReason | None
    ended_at: datetime | None = Field(description="When it was closed, referred or rejected.")
    retention_rule: str = Field(description="The rule that says until when: see `/v1/retention-rules`.")
    purpose_code: c.PurposeCode
    legal_basis: c.LegalBasis
    concern_id: UUID | None
    special_category: bool
    title: str
    subject: str | None
    description: str | None
    necessity_reason: str | None
    opened_by: str
    case_owner: str
    recorded_at: datetime
    merged_at: datetime | None = Field(
        description="When it was found to be a duplicate; from then on it only stays as it was."
    )
    merged_into: UUID | None = Field(description="The case that goes on, if you may see it.")
    assessment: AssessmentView | None
    plan: PlanView | None
    evaluation: EvaluationView | None
    measures: list[MeasureView]
    follow_ups: list[FollowUpView]
    partners: list[PartnerView]
    information: list[InformationView]
    transfers: list[CaseTransferView]
    notes: list[NoteView]
    allowed: list[Action] = Field(description="Actions that the state allows next.")


class HistoryLine(View):
    """An event of the case, as it was published."""

    version: int
    type: str
    unit: str
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any] = Field(description="Codes and ids; see the AsyncAPI description of the type.")


class HistoryPage(View):
    """A page of history, oldest first."""

    items: list[HistoryLine]
    next: str | None


class ChangeLine(View):
    """A case that changed, or a tombstone for one that is gone for the caller."""

    id: UUID
    change: str = Field(description="`upsert` or `gone`.")
    reason: str | None = Field(
        description="Why it is gone: `erased`, `merged`, `transferred`, `restricted` or `access_ended`."
    )
    version: int
    updated_at: datetime
    state: c.CaseState | None
    case_type: c.CaseType | None
    theme: c.Theme | None


class ChangePage(View):
    """A page of changes; ``next`` is always given, and asked with again it tells what came since."""

    items: list[ChangeLine]
    next: str | None
    more: bool
