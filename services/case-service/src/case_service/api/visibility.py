"""For services that keep ids of cases: which of them a person may know of, asked with that person's own token."""

from typing import Annotated

from fastapi import APIRouter
from forkant_contracts.visibility import VisibilityAnswer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.bodies import AskVisibility
from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.queries import visibility as queries

router = APIRouter(prefix="/v1/visibility", tags=["access"], generate_unique_id_function=operation_id)


@router.post("", summary="Ask which cases and concerns you may see")
async def ask(body: AskVisibility, call: Annotated[Call, reading("case.read")]) -> VisibilityAnswer:
    """Tell which of these cases and concerns lists would show to the caller; it changes nothing, so it needs no key."""

    async def work(conn: AsyncConnection) -> VisibilityAnswer:
        answer = await queries.ask(conn, call.context.scope, body)
        ids = (*answer.cases, *answer.former_cases, *answer.offered_cases, *answer.concerns)
        await call.audit_read(conn, action="case.ask_visibility", ids=ids)
        return answer

    # What is gone for the caller stands outside of what the database shows them.
    return await call.read(work, whole_unit=True)
