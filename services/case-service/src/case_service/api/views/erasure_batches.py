"""Erasures of many cases: what would go, what was asked for, and what became of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.erasing import Obstacle, Outcome


class BatchState(StrEnum):
    """Where a batch stands; a dry run is only planned."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    FINISHED = "finished"


class ErasureCandidate(View):
    """A case whose last day is past, and what keeps it from being erased."""

    case_id: UUID
    retention_until: date
    obstacles: list[Obstacle] = Field(description="Empty when it would be erased.")


class ErasureBatchReceipt(View):
    """A batch that was planned or accepted."""

    id: UUID | None = Field(description="None after a dry run, of which nothing is kept.")
    state: BatchState
    waiting: int = Field(description="Cases to erase.")
    left: int = Field(description="Cases that something keeps.")
    candidates: list[ErasureCandidate] = Field(description="After a dry run, each case.")
    recorded_at: datetime


class ErasureBatchCase(View):
    """What became of a case."""

    case_id: UUID
    outcome: Outcome | None = Field(description="None while it waits for its turn.")
    reason: Obstacle | None = Field(description="Why it was left.")
    version: int | None = Field(description="The version of the case that its certificate names.")
    decided_at: datetime | None


class ErasureBatchView(View):
    """A batch, how far it is, and what became of each case."""

    id: UUID
    state: BatchState
    as_of: date
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    waiting: int
    erased: int
    left: int
    items: list[ErasureBatchCase]
