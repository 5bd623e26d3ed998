"""The route that tells who did and saw what; asking it is itself recorded."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from forkant_contracts.codes import Role
from forkant_kit.audit.entries import moment
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.audit.report import Question
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.paging import decode_cursor, encode_cursor
from forkant_kit.policy import requires

from case_service.access_rules import scope_of
from case_service.api.calls import Tools
from case_service.api.description import operation_id
from case_service.api.fields import Moment
from case_service.api.paging import Cursor, Limit, link_to
from case_service.api.views import AuditLine, AuditPage
from case_service.queries import audit as queries
from case_service.row_security import stance

router = APIRouter(prefix="/v1/audit", tags=["audit"], generate_unique_id_function=operation_id)


def _question(
    object_id: Annotated[UUID | None, Query(description="The case or concern that was changed or shown.")] = None,
    subject: Annotated[str | None, Query(max_length=255, description="Who acted, by the token's subject.")] = None,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> Question:
    return Question(object_id=object_id, subject=subject, since=since, until=until)


@router.get("", response_model=AuditPage, summary="Read who did and saw what")
async def list_audit(
    request: Request,
    principal: Annotated[Principal, requires("audit.read")],
    question: Annotated[Question, Depends(_question)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List acts, newest first: changes, readings, hits of lists, and refusals, in codes and ids.

    An auditor asks about everybody. A privacy officer asks about the cases and concerns of the own unit, whoever saw
    them (`object_id`), or else about the people of the own unit.
    """
    tools: Tools = request.app.state.tools
    everywhere = principal.has_role(Role.AUDITOR.value)
    scope = None if everywhere else scope_of(principal, "audit.read", at=tools.now())
    name = f"{'' if scope is None else scope.unit}|audit|{question}"
    trail = trail_of(request)
    trail.asked = () if question.object_id is None else (question.object_id,)
    before = None if cursor is None else _place(decode_cursor(tools.cursor_secret, name, cursor))
    told = None if scope is None else stance(scope, changes=False, whole_unit=True)
    async with transaction(tools.engine, told) as conn:
        rows = await queries.list_audit(conn, scope, question, before=before, limit=limit + 1)
        await trail.record(conn, Entry(action="audit.read", object_ids=trail.asked))
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    following = None if last is None else encode_cursor(tools.cursor_secret, name, [moment(last["at"]), last["seq"]])
    body = AuditPage(items=[_line(row, question) for row in shown], next=following)
    return Response(body.model_dump_json(), headers=link_to(request, following), media_type="application/json")


def _line(row: Any, question: Question) -> AuditLine:
    # A list that showed the object asked for showed others too, which are not asked for and may be another unit's.
    ids = row["object_ids"] if question.object_id is None else [question.object_id]
    return AuditLine.model_validate({**row, "object_ids": ids})


def _place(position: Any) -> tuple[datetime, int]:
    return datetime.fromisoformat(position[0]), position[1]
