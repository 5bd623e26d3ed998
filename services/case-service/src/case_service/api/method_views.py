"""What answers about methods and their proposals hold."""

from datetime import date, datetime
from uuid import UUID

from forkant_contracts.codes import MeasureKind
from pydantic import Field

from case_service.api.views.base import View
from case_service.api.views.reference import StepView
from case_service.domain.governance import Move, ProposalState


class ProposalReceiptView(View):
    """A proposal after a command."""

    id: UUID
    state: ProposalState
    version: int
    recorded_at: datetime


class CommentReceipt(View):
    """A comment as it was kept."""

    id: UUID
    recorded_at: datetime


class RetirementReceipt(View):
    """What was retired, and from when."""

    retired_from: date
    recorded_at: datetime


class ProposalLine(View):
    """A proposal in a list."""

    id: UUID
    method: MeasureKind = Field(validation_alias="method_code")
    unit: str
    state: ProposalState
    version: int
    name_nb: str
    name_en: str
    proposed_by: str
    proposed_at: datetime
    updated_at: datetime
    hearing_until: date | None
    approved_by: str | None
    approved_at: datetime | None
    published_version: int | None = Field(description="The version of the method that it became.")
    valid_from: date | None


class ProposalPage(View):
    """A page of proposals; ``next`` is the cursor of the next page."""

    items: list[ProposalLine]
    next: str | None


class CommentView(View):
    """What somebody said in a hearing."""

    id: UUID
    unit: str
    author: str
    text: str
    written_at: datetime


class ProposalView(ProposalLine):
    """A proposal with its steps and what was said about it."""

    summary: str
    steps: list[StepView]
    comments: list[CommentView]
    allowed: list[Move] = Field(description="What its state allows next.")


class MethodChangeView(View):
    """Who did what to a method or a proposal of it, and why."""

    id: UUID
    proposal_id: UUID | None
    action: str
    unit: str
    subject: str
    reason: str | None
    changed_at: datetime


class MethodChangePage(View):
    """A page of a method's change log; ``next`` is the cursor of the next page."""

    items: list[MethodChangeView]
    next: str | None
