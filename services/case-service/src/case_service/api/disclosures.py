"""Routes of disclosures of a case: prepared, approved or refused, given or withdrawn."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.bodies import Act
from case_service.api.calls import Call, changing, reading
from case_service.api.description import operation_id
from case_service.api.disclosure_bodies import PrepareDisclosure, RecordDisclosure
from case_service.api.views.cases import CaseReceipt
from case_service.api.views.disclosures import DisclosureList, DisclosureView
from case_service.commands import disclosures as commands
from case_service.domain.disclosures import DisclosureMethod, DisclosureMove, DisclosureState, allowed_moves
from case_service.queries import disclosures as queries

router = APIRouter(
    prefix="/v1/cases/{case_id}/disclosures", tags=["disclosures"], generate_unique_id_function=operation_id
)

_Reading = Annotated[Call, reading("case.read")]
_Preparing = Annotated[Call, changing("case.prepare_disclosure")]
_Approving = Annotated[Call, changing("case.approve_disclosure")]


@router.get("", summary="List the disclosures of a case")
async def list_disclosures(case_id: UUID, call: _Reading) -> DisclosureList:
    """List what was to be given of a case, and what was, the oldest first."""

    async def work(conn: AsyncConnection) -> queries.Shown:
        shown = await queries.get_all(conn, call.context.scope, case_id, vault=call.context.vault)
        await _audit(call, conn, [case_id], shown)
        return shown

    return DisclosureList(items=[_view(row) for row in (await call.read(work)).rows])


@router.get("/{disclosure_id}", response_model=DisclosureView, summary="Read a disclosure")
async def read_disclosure(case_id: UUID, disclosure_id: UUID, call: _Reading) -> Response:
    """Read a disclosure; the ETag is the case's."""

    async def work(conn: AsyncConnection) -> queries.Shown:
        shown = await queries.get_one(conn, call.context.scope, case_id, disclosure_id, vault=call.context.vault)
        await _audit(call, conn, [case_id, disclosure_id], shown)
        return shown

    shown = await call.read(work)
    body = _view(shown.rows[0]).model_dump_json()
    return Response(body, headers={"ETag": etag(shown.revision)}, media_type="application/json")


@router.post("", status_code=201, response_model=CaseReceipt, summary="Prepare a disclosure")
async def prepare_disclosure(case_id: UUID, body: PrepareDisclosure, call: _Preparing) -> Response:
    """Say what is to be given, to whom, and why; nothing is given before somebody else approves it."""
    return await call.change(
        lambda conn: commands.prepare(conn, call.context, call.target(case_id, body), body.new_disclosure()),
        makes="disclosures",
    )


@router.post("/{disclosure_id}/approval", response_model=CaseReceipt, summary="Approve a disclosure")
async def approve_disclosure(case_id: UUID, disclosure_id: UUID, body: Act, call: _Approving) -> Response:
    """Approve it; nobody approves what they asked for themselves."""
    return await _move(call, case_id, disclosure_id, body, DisclosureMove.APPROVE)


@router.post("/{disclosure_id}/refusal", response_model=CaseReceipt, summary="Refuse a disclosure")
async def refuse_disclosure(case_id: UUID, disclosure_id: UUID, body: Act, call: _Approving) -> Response:
    """Refuse it; who asked for it withdraws it instead."""
    return await _move(call, case_id, disclosure_id, body, DisclosureMove.REFUSE)


@router.post("/{disclosure_id}/disclosed", response_model=CaseReceipt, summary="Record that it was given")
async def record_disclosure(
    case_id: UUID,
    disclosure_id: UUID,
    body: RecordDisclosure,
    call: Annotated[Call, changing("case.disclose")],
) -> Response:
    """Record that what was approved was given, how, and when."""
    return await _move(call, case_id, disclosure_id, body, DisclosureMove.DISCLOSE, method=body.method)


@router.post("/{disclosure_id}/withdrawal", response_model=CaseReceipt, summary="Withdraw a disclosure")
async def withdraw_disclosure(case_id: UUID, disclosure_id: UUID, body: Act, call: _Preparing) -> Response:
    """Take back what was prepared or approved and not given yet."""
    return await _move(call, case_id, disclosure_id, body, DisclosureMove.WITHDRAW)


async def _move(
    call: Call,
    case_id: UUID,
    disclosure_id: UUID,
    body: Act,
    move: DisclosureMove,
    *,
    method: DisclosureMethod | None = None,
) -> Response:
    target = call.target(case_id, body)
    return await call.change(lambda conn: commands.move(conn, call.context, target, disclosure_id, move, method=method))


async def _audit(call: Call, conn: AsyncConnection, ids: list[UUID], shown: queries.Shown) -> None:
    await call.audit_read(
        conn, action="case.read_disclosures", ids=ids, version=shown.version, purpose=shown.purpose_code
    )


def _view(row: Mapping[str, Any]) -> DisclosureView:
    return DisclosureView.model_validate({**row, "allowed": allowed_moves(DisclosureState(row["state"]))})
