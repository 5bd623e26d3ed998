"""Routes of the course of a case: hold, resume, close, refer, reject, reopen, restrict, erase."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from case_service.api.bodies import (
    Act,
    CloseCase,
    EraseCase,
    PutOnHold,
    ReferCase,
    RejectCase,
    ReopenCase,
    RestrictCase,
)
from case_service.api.calls import Call, changing
from case_service.api.description import operation_id
from case_service.api.views.cases import CaseReceipt
from case_service.commands import course, protection

router = APIRouter(prefix="/v1/cases/{case_id}", generate_unique_id_function=operation_id)


@router.post("/hold", tags=["course"], response_model=CaseReceipt, summary="Put on hold")
async def put_on_hold(case_id: UUID, body: PutOnHold, call: Annotated[Call, changing("case.hold")]) -> Response:
    """Pause the work; resuming returns to the state before."""
    return await call.change(
        lambda conn: course.put_on_hold(
            conn, call.context, call.target(case_id, body), reason=body.reason, note=body.note
        )
    )


@router.post("/resume", tags=["course"], response_model=CaseReceipt, summary="Resume")
async def resume(case_id: UUID, body: Act, call: Annotated[Call, changing("case.hold")]) -> Response:
    """Go on where the work stood before the hold."""
    return await call.change(lambda conn: course.resume(conn, call.context, call.target(case_id, body)))


@router.post("/close", tags=["course"], response_model=CaseReceipt, summary="Close a case")
async def close(case_id: UUID, body: CloseCase, call: Annotated[Call, changing("case.close")]) -> Response:
    """Close a case on its evaluation or on a coded reason for having none; open measures are cancelled with it."""
    return await call.change(
        lambda conn: course.close(conn, call.context, call.target(case_id, body), reason=body.reason, note=body.note)
    )


@router.post("/referral", tags=["course"], response_model=CaseReceipt, summary="Refer a case")
async def refer(case_id: UUID, body: ReferCase, call: Annotated[Call, changing("case.refer")]) -> Response:
    """Hand a case to a body outside the police; open measures are cancelled with it."""
    return await call.change(
        lambda conn: course.refer(
            conn, call.context, call.target(case_id, body), referred_to=body.referred_to, note=body.note
        )
    )


@router.post("/rejection", tags=["course"], response_model=CaseReceipt, summary="Reject a case")
async def reject(case_id: UUID, body: RejectCase, call: Annotated[Call, changing("case.reject")]) -> Response:
    """Reject a case that has no ground."""
    return await call.change(
        lambda conn: course.reject(conn, call.context, call.target(case_id, body), reason=body.reason, note=body.note)
    )


@router.post("/reopen", tags=["course"], response_model=CaseReceipt, summary="Reopen a case")
async def reopen(case_id: UUID, body: ReopenCase, call: Annotated[Call, changing("case.reopen")]) -> Response:
    """Take an ended case up again in a new round; what the earlier rounds hold stays readable."""
    return await call.change(
        lambda conn: course.reopen(conn, call.context, call.target(case_id, body), reason=body.reason, note=body.note)
    )


@router.post("/restriction", tags=["protection"], response_model=CaseReceipt, summary="Restrict a case")
async def restrict(case_id: UUID, body: RestrictCase, call: Annotated[Call, changing("case.restrict")]) -> Response:
    """Set or lift a restriction: while it stands, leads and privacy officers alone read it and nobody changes it."""
    return await call.change(
        lambda conn: protection.restrict(
            conn, call.context, call.target(case_id, body), restricted=body.restricted, reason=body.reason
        )
    )


@router.post("/erasure", tags=["protection"], response_model=CaseReceipt, summary="Erase a case")
async def erase(case_id: UUID, body: EraseCase, call: Annotated[Call, changing("case.erase")]) -> Response:
    """Erase everything written in a case and in the concern that it came from; this can't be undone."""
    return await call.change(
        lambda conn: protection.erase(conn, call.context, call.target(case_id, body), basis=body.basis)
    )
