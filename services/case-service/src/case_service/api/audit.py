"""The route that tells who did and saw what; asking it is itself recorded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from forkant_contracts.codes import Role
from forkant_kit.audit.answers import AuditLine, AuditPage
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.audit.report import Pages, Question
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.paging import link_to
from forkant_kit.policy import requires

from case_service.access_rules import scope_of
from case_service.api.calls import Tools
from case_service.api.description import operation_id
from case_service.api.fields import Moment
from case_service.api.paging import Cursor, Limit
from case_service.queries import audit as queries
from case_service.row_security import stance

router = APIRouter(prefix="/v1/audit", tags=["audit"], generate_unique_id_function=operation_id)


async def _question(
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
    scope = (
        None
        if everywhere
        else scope_of(principal, "audit.read", at=tools.now(), units=await tools.units.with_(principal.unit))
    )
    name = f"{'' if scope is None else scope.unit}|audit|{question}"
    pages = Pages(secret=tools.cursor_secret, name=name)
    trail = trail_of(request)
    trail.asked = () if question.object_id is None else (question.object_id,)
    before = pages.before(cursor)
    told = None if scope is None else stance(scope, changes=False, whole_unit=True)
    async with transaction(tools.engine, told) as conn:
        rows = await queries.list_audit(conn, scope, question, before=before, limit=limit + 1)
        await trail.record(conn, Entry(action="audit.read", object_ids=trail.asked))
    following = pages.following(rows, limit=limit)
    body = AuditPage(items=[AuditLine.of(row, question) for row in rows[:limit]], next=following)
    return Response(body.model_dump_json(), headers=link_to(request, following), media_type="application/json")
