"""For services that keep ids of cases: which of them a person may know of, by their own token or for a letter."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from forkant_contracts.visibility import VisibilityAnswer
from forkant_kit.principal import Principal
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.bodies import AskForPerson, AskVisibility
from case_service.api.calls import Call, couriers, for_person, reading
from case_service.api.description import operation_id
from case_service.queries import visibility as queries

router = APIRouter(prefix="/v1/visibility", tags=["access"], generate_unique_id_function=operation_id)


@router.post("", summary="Ask which cases and concerns you may see")
async def ask(body: AskVisibility, call: Annotated[Call, reading("case.read")]) -> VisibilityAnswer:
    """Tell which of these cases and concerns lists would show to the caller; it changes nothing, so it needs no key."""

    async def work(conn: AsyncConnection) -> VisibilityAnswer:
        answer = await queries.ask(conn, call.context.scope, body)
        await call.audit_read(conn, action="case.ask_visibility", ids=_ids(answer))
        return answer

    # What is gone for the caller stands outside of what the database shows them.
    return await call.read(work, whole_unit=True)


@router.post("/person", summary="Ask which cases and concerns somebody may see who is sent a letter")
async def ask_for_person(body: AskForPerson, call: Annotated[Call, couriers()]) -> VisibilityAnswer:
    """Tell which of these lists would show to a person now, given the unit, roles and clearance of their last token.

    One service may ask, which sends letters and has no token of theirs; it is told ids that it named itself.
    """
    person = Principal(
        subject=body.subject,
        unit=body.unit,
        roles=frozenset(body.roles),
        client_id=call.principal.client_id,
        token_expires_at=call.context.now,
        clearance=body.clearance,
    )
    theirs = await for_person(call, person)

    async def work(conn: AsyncConnection) -> VisibilityAnswer:
        answer = VisibilityAnswer() if theirs is None else await queries.ask(conn, theirs.context.scope, body)
        await call.audit_read(conn, action="case.ask_visibility_for_person", ids=_ids(answer))
        return answer

    return await (theirs or call).read(work, whole_unit=theirs is not None)


def _ids(answer: VisibilityAnswer) -> tuple[UUID, ...]:
    return (*answer.cases, *answer.former_cases, *answer.offered_cases, *answer.concerns)
