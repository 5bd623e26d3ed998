"""Entries of the audit trail, for those who watch over it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_kit.audit.report import Question, list_entries
from sqlalchemy import BindParameter, RowMapping, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.refusals import Code, Refusal
from case_service.scope import OWN_CASES, VISIBLE_CONCERNS, Scope
from case_service.tables import concern, preventive_case

_ID: Final[BindParameter[UUID]] = bindparam("object_id")
# Erased ones too: who saw them is what is left to know.
_OWN: Final = select(
    or_(
        exists().where(preventive_case.c.id == _ID, OWN_CASES),
        exists().where(concern.c.id == _ID, VISIBLE_CONCERNS),
    )
)


async def list_audit(
    conn: AsyncConnection, scope: Scope | None, question: Question, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of entries, newest first; within a scope those about its unit's objects, or of its unit's people.

    Raises:
        Refusal: the object asked about is not the unit's.
    """
    if scope is not None:
        if question.object_id is None:
            question = replace(question, unit=scope.unit)
        else:
            params = {"object_id": question.object_id, **scope.params()}
            if not (await conn.execute(_OWN, params)).scalar_one():
                raise Refusal(Code.NOT_FOUND)
    return await list_entries(conn, question, before=before, limit=limit)
