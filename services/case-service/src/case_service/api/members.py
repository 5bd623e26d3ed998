"""Routes of need to know: members of a case, access for a time, and the level."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.bodies import AddMember, GiveAccess, SetLevel
from case_service.api.calls import Call, changing, reading, saving
from case_service.api.description import operation_id
from case_service.api.views.access import MemberList, MemberView
from case_service.api.views.cases import CaseReceipt
from case_service.commands import members as commands
from case_service.queries import one
from case_service.store import grants

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["access"], generate_unique_id_function=operation_id)

_Changing = Annotated[Call, changing("case.members")]


@router.get("/members", summary="List who may see the case by a grant")
async def list_members(case_id: UUID, call: Annotated[Call, reading("case.read")]) -> MemberList:
    """List members, those with access for a time and those who broke the glass, ended ones too, the oldest first."""

    async def work(conn: AsyncConnection) -> MemberList:
        version, purpose = await one.get_head(conn, call.context.scope, case_id)
        await call.audit_read(conn, action="case.read_members", ids=[case_id], version=version, purpose=purpose)
        rows = await grants.of_case(conn, case_id)
        return MemberList(items=[MemberView.model_validate(dict(row)) for row in rows])

    return await call.read(work)


@router.post("/members", status_code=201, response_model=CaseReceipt, summary="Make somebody a member")
async def add_member(case_id: UUID, body: AddMember, call: _Changing) -> Response:
    """Make a person of the unit a member, until further notice or for a time; `item_id` is the grant's id."""
    return await call.change(
        lambda conn: commands.add_member(
            conn, call.context, call.target(case_id, body), subject=body.subject, valid_to=body.valid_to
        ),
        makes="members",
    )


@router.post("/access", status_code=201, response_model=CaseReceipt, summary="Give access for a time")
async def give_access(case_id: UUID, body: GiveAccess, call: _Changing) -> Response:
    """Give a person of any unit access, for at most 90 days; what the unit decides about the case stays the unit's."""
    return await call.change(
        lambda conn: commands.give_access(
            conn,
            call.context,
            call.target(case_id, body),
            subject=body.subject,
            valid_to=body.valid_to,
            reason=body.reason,
        ),
        makes="members",
    )


@router.delete("/members/{grant_id}", response_model=CaseReceipt, summary="End a membership or an access")
async def end_member(case_id: UUID, grant_id: UUID, call: Annotated[Call, saving("case.members")]) -> Response:
    """End it at once: from then on the person gets 404; that there was a grant stays on record."""
    return await call.save(
        lambda conn: commands.end_member(conn, call.context, call.target_at(case_id, None), grant_id)
    )


@router.put("/level", response_model=CaseReceipt, summary="Set the level of confidentiality")
async def set_level(case_id: UUID, body: SetLevel, call: Annotated[Call, saving("case.level")]) -> Response:
    """Set the level: 1 ordinary, 2 confidential, 3 strictly confidential, for members and privacy officers alone."""
    return await call.save(
        lambda conn: commands.set_level(conn, call.context, call.target(case_id, body), level=body.level)
    )
