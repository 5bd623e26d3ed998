"""Routes of what comes before an erasure and what is left of it: legal holds, the archive decision, the certificate."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.bodies import DecideArchive, PlaceLegalHold
from case_service.api.calls import Call, changing, reading, saving
from case_service.api.description import operation_id
from case_service.api.views.cases import CaseReceipt
from case_service.api.views.keeping import ErasureCertificate, LegalHoldList, LegalHoldView
from case_service.commands import protection
from case_service.queries import keeping as queries
from case_service.queries import one
from case_service.store import keeping

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["protection"], generate_unique_id_function=operation_id)


@router.get("/legal-holds", summary="List the legal holds on a case")
async def list_legal_holds(case_id: UUID, call: Annotated[Call, reading("case.read")]) -> LegalHoldList:
    """List the holds on a case, lifted ones too, the oldest first."""

    async def work(conn: AsyncConnection) -> LegalHoldList:
        version, purpose = await one.get_head(conn, call.context.scope, case_id)
        await call.audit_read(conn, action="case.read_legal_holds", ids=[case_id], version=version, purpose=purpose)
        rows = await keeping.holds_of(conn, case_id)
        return LegalHoldList(items=[LegalHoldView.model_validate(dict(row)) for row in rows])

    return await call.read(work)


@router.post("/legal-holds", status_code=201, response_model=CaseReceipt, summary="Place a legal hold")
async def place_legal_hold(
    case_id: UUID, body: PlaceLegalHold, call: Annotated[Call, changing("case.legal_hold")]
) -> Response:
    """Keep a case from being erased until the hold is lifted; several may stand. `item_id` is the hold's id."""
    return await call.change(
        lambda conn: protection.place_legal_hold(conn, call.context, call.target(case_id, body), reason=body.reason),
        makes="legal-holds",
    )


@router.delete("/legal-holds/{legal_hold_id}", response_model=CaseReceipt, summary="Lift a legal hold")
async def lift_legal_hold(
    case_id: UUID, legal_hold_id: UUID, call: Annotated[Call, saving("case.legal_hold")]
) -> Response:
    """Lift a hold; that it stood stays on record."""
    return await call.save(
        lambda conn: protection.lift_legal_hold(conn, call.context, call.target_at(case_id, None), legal_hold_id)
    )


@router.put("/archive-decision", response_model=CaseReceipt, summary="Decide what the archives keep")
async def decide_archive(
    case_id: UUID, body: DecideArchive, call: Annotated[Call, saving("case.archive_decision")]
) -> Response:
    """Decide it before a case is erased; somebody else erases it then. A later decision replaces an earlier one."""
    return await call.save(
        lambda conn: protection.decide_archive(
            conn, call.context, call.target(case_id, body), outcome=body.outcome, reference=body.reference
        )
    )


@router.get("/erasure", summary="Read the certificate of an erasure")
async def read_erasure(case_id: UUID, call: Annotated[Call, reading("case.read_erasure")]) -> ErasureCertificate:
    """Read who erased a case, when, on which ground, and how many rows and keys were destroyed where."""

    async def work(conn: AsyncConnection) -> ErasureCertificate:
        found = await queries.get_certificate(conn, call.context.scope, case_id)
        await call.audit_read(conn, action="case.read_erasure", ids=[case_id], version=found["version"])
        return ErasureCertificate.model_validate(found)

    return await call.read(work)
