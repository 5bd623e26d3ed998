"""Concerns."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.concerns import ConcernState


class ConcernReceipt(View):
    """The concern after a command."""

    id: UUID
    unit: str
    state: ConcernState
    version: int
    recorded_at: datetime
    outcome: c.ConcernOutcome | None
    case_id: UUID | None


class ConcernLine(View):
    """A concern in a list: codes and dates."""

    id: UUID
    unit: str = Field(description="The unit that received it.")
    successor: str | None = Field(description="Who answers for it since a reorganisation ended that unit.")
    state: ConcernState
    version: int
    source: c.ConcernSource
    theme: c.Theme
    age_band: c.AgeBand
    arena: c.Arena
    municipality_number: str | None
    received_at: datetime
    decided_at: datetime | None
    outcome: c.ConcernOutcome | None
    case_id: UUID | None


class ConcernPage(View):
    """A page of concerns."""

    items: list[ConcernLine]
    next: str | None


class ConcernView(ConcernLine):
    """A concern."""

    description: str | None = Field(description="Absent once the case that it became is erased.")
    note: str | None
    registered_by: str
    decided_by: str | None
    recorded_at: datetime
