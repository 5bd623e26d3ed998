"""Reorganisations."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.reorganisations import ReorganisationKind, ReorganisationMove, ReorganisationState


class ReorganisationReceiptView(View):
    """A reorganisation after a command."""

    id: UUID
    state: ReorganisationState
    version: int
    recorded_at: datetime


class MadeUnitView(View):
    """A unit that it establishes."""

    id: str
    kind: str
    name_nb: str
    name_nn: str
    name_en: str


class ReorganisationLine(View):
    """A reorganisation in a list."""

    id: UUID
    kind: ReorganisationKind
    state: ReorganisationState
    version: int
    effective_on: date
    from_units: list[str]
    ends: list[str] = Field(description="Those of `from_units` that are there no more from the day on.")
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    begun_at: datetime | None = Field(description="When units changed; open cases follow from then on.")
    done_at: datetime | None = Field(description="When nothing was left to move.")


class ReorganisationPage(View):
    """A page of reorganisations; ``next`` is the cursor of the next page."""

    items: list[ReorganisationLine]
    next: str | None


class ReorganisationView(ReorganisationLine):
    """A reorganisation."""

    summary: str
    makes: list[MadeUnitView]
    successors: dict[str, str] = Field(description="Who takes the place of each unit that ends.")
    municipalities: dict[str, str] = Field(description="Where municipalities go that are named, instead.")
    allowed: list[ReorganisationMove]
