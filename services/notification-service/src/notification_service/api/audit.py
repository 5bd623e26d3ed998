"""The route that tells who did and saw what; asking it is itself recorded."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from forkant_contracts.codes import Role
from forkant_kit.audit.answers import AuditLine, AuditPage
from forkant_kit.audit.report import Pages, Question, list_entries
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call, Cursor, Limit, reading

router = APIRouter(prefix="/v1", tags=["audit"])

_OBJECT = "The message, endpoint or delivery that was changed or shown, or the case or concern that it is about."


async def _question(
    object_id: Annotated[UUID | None, Query(description=_OBJECT)] = None,
    subject: Annotated[str | None, Query(max_length=255, description="Who acted, by the token's subject.")] = None,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
) -> Question:
    return Question(object_id=object_id, subject=subject, since=since, until=until)


@router.get("/audit", response_model=AuditPage)
async def list_audit(
    call: Annotated[Call, reading("audit.read")],
    question: Annotated[Question, Depends(_question)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List acts, newest first: changes, readings, hits of lists, and refusals, in codes and ids.

    An auditor asks about everybody, a privacy officer about the people of the own unit.
    """
    call.asks_about(question.object_id)
    if not call.principal.has_role(Role.AUDITOR.value):
        question = replace(question, unit=call.principal.unit)
    pages = Pages(secret=call.tools.cursor_secret, name=f"audit|{question}")
    before = pages.before(cursor)

    async def work(conn: AsyncConnection) -> tuple[AuditPage, str | None]:
        rows = await list_entries(conn, question, before=before, limit=limit + 1)
        await call.record(conn, "audit.read", [question.object_id])
        following = pages.following(rows, limit=limit)
        return AuditPage(items=[AuditLine.of(row, question) for row in rows[:limit]], next=following), following

    return call.page(*await call.read(work))
