"""What a route answers that tells of acts on objects whose ids are shown as they are."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping

from forkant_kit.audit.report import Question


class AuditLine(BaseModel):
    """One act in the audit trail: who, when, what, with which outcome, and why."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    subject: str
    client_id: str
    unit: str
    roles: list[str]
    action: str
    object_kind: str | None
    object_ids: list[UUID]
    version: int | None
    outcome: str
    refusal: str | None
    purpose: str | None
    reason_id: UUID | None
    trace_id: str | None
    request_id: UUID | None

    @classmethod
    def of(cls, row: RowMapping, question: Question) -> Self:
        """Build it from an entry's row.

        A list that showed the object asked for showed others too, which are not asked for and may be another unit's.
        """
        ids = row["object_ids"] if question.object_id is None else [question.object_id]
        return cls.model_validate({**row, "object_ids": ids})


class AuditPage(BaseModel):
    """A page of the audit trail, newest first."""

    model_config = ConfigDict(frozen=True)

    items: list[AuditLine]
    next: str | None
