"""The route that tells who saw which figures; asking it is itself recorded."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from forkant_contracts.codes import Role
from forkant_contracts.units import UNITS
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.audit.report import Pages, Question, list_entries
from forkant_kit.auth import Principal
from forkant_kit.db import transaction
from forkant_kit.paging import link_to
from forkant_kit.policy import requires
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError
from pydantic import AwareDatetime

from indicator_service import audit_names
from indicator_service.aggregation.cells import district_of
from indicator_service.aggregation.register import Register
from indicator_service.api.dependencies import Deps, Units
from indicator_service.api.models import AuditLine, AuditPage
from indicator_service.policy import READ_AUDIT

router = APIRouter(prefix="/v1", tags=["audit"], responses=PROBLEM_RESPONSES)

_OBJECT: Final = (
    "What was shown or asked for: `unit:oslo`, `unit:national`, `indicator:10`, `period:2026-03` and such; or "
    "`case:` and the id of a case, for when what was kept about it was erased; or `import:` and that of an import."
)


async def _question(
    units: Units,
    asked: Annotated[str | None, Query(alias="object", max_length=64, description=_OBJECT)] = None,
    subject: Annotated[str | None, Query(max_length=255, description="Who acted, by the token's subject.")] = None,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
) -> Question:
    found = () if asked is None else audit_names.known([asked])
    if asked is not None and units.knows(asked.removeprefix("unit:")) and asked.startswith("unit:"):
        found = (audit_names.id_of_unit(asked.removeprefix("unit:")),)
    if asked is not None and not found:
        detail = (
            "Ask about a unit, an indicator, a period, a case or an import: "
            "unit:oslo, indicator:10, period:rolling_12, case:<id>, import:<id>."
        )
        raise ProblemError(404, "unknown-object", "Unknown object", detail)
    return Question(object_id=found[0] if found else None, subject=subject, since=since, until=until)


@router.get("/audit", response_model=AuditPage)
async def list_audit(
    *,
    request: Request,
    principal: Annotated[Principal, requires(READ_AUDIT)],
    deps: Deps,
    units: Units,
    question: Annotated[Question, Depends(_question)],
    limit: Annotated[int, Query(ge=1, le=100, description="Most items on a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")] = None,
) -> Response:
    """List who was shown or refused which figures, newest first, in codes; never a figure.

    An auditor asks about everybody. A privacy officer asks about the figures of the own unit, whoever saw them
    (`object`), or else about the people of the own unit.
    """
    question = _within(question, principal)
    asker = f"{principal.has_role(Role.AUDITOR.value)}|{principal.unit}"
    pages = Pages(secret=deps.cursor_secret, name=f"audit|{asker}|{question}")
    trail = trail_of(request)
    trail.asked = () if question.object_id is None else (question.object_id,)
    before = pages.before(cursor)
    async with transaction(deps.engine) as conn:
        rows = await list_entries(conn, question, before=before, limit=limit + 1)
        await trail.record(conn, Entry(action=READ_AUDIT, object_ids=trail.asked))
    following = pages.following(rows, limit=limit)
    body = AuditPage(items=tuple(_line(row, units) for row in rows[:limit]), next=following)
    return Response(body.model_dump_json(), headers=link_to(request, following), media_type="application/json")


def _within(question: Question, principal: Principal) -> Question:
    own = [audit_names.id_of_unit(district_of(principal.unit))]
    if principal.has_role(Role.AUDITOR.value) or question.object_id in own:
        return question
    given = question.given() | {"unit": principal.unit}
    return Question(**given)


def _line(row: Any, units: Register) -> AuditLine:
    established = [unit for unit in units.units if unit not in UNITS]
    names = [audit_names.name_of(found, established) or str(found) for found in row["object_ids"]]
    return AuditLine.model_validate({**row, "objects": names})
