"""Routes of what comes and goes in a case: measures, follow-ups and partners."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.bodies import (
    Act,
    AddPartner,
    CancelMeasure,
    CompleteStep,
    HoldFollowUp,
    PlanMeasure,
    ScheduleFollowUp,
)
from case_service.api.calls import Call, changing, reading, saving
from case_service.api.description import operation_id
from case_service.api.fields import Moment
from case_service.api.views.base import View
from case_service.api.views.cases import CaseReceipt
from case_service.api.views.work import FollowUpView, MeasureView, PartnerView
from case_service.commands import follow_ups, measures, partners
from case_service.domain.refusals import Code, Refusal
from case_service.queries import one

router = APIRouter(prefix="/v1/cases/{case_id}", generate_unique_id_function=operation_id)

_Reading = Annotated[Call, reading("case.read")]
_Measures = Annotated[Call, changing("case.measures")]
_FollowUps = Annotated[Call, changing("case.follow_ups")]


async def read_item(call: Call, case_id: UUID, kind: str, item_id: UUID, view: type[View]) -> Response:
    """Return one of what is listed in a case, with the case's ETag.

    Raises:
        Refusal: there is none for this caller, or the case was erased.
    """

    async def work(conn: AsyncConnection) -> Mapping[str, Any]:
        row = (await one.get_case(conn, call.context.scope, case_id, vault=call.context.vault)).row
        await call.audit_read(
            conn, action="case.read", ids=[case_id], version=row["version"], purpose=row["purpose_code"]
        )
        return row

    row = await call.read(work)
    found = next((item for item in row[kind] or () if item["id"] == str(item_id)), None)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    body = view.model_validate(found).model_dump_json()
    return Response(body, headers={"ETag": etag(row["revision"])}, media_type="application/json")


@router.get("/measures/{measure_id}", tags=["measures"], response_model=MeasureView, summary="Read a measure")
async def read_measure(case_id: UUID, measure_id: UUID, call: _Reading) -> Response:
    """Read a measure; the ETag is the case's."""
    return await read_item(call, case_id, "measures", measure_id, MeasureView)


@router.get("/follow-ups/{follow_up_id}", tags=["follow-ups"], response_model=FollowUpView, summary="Read a follow-up")
async def read_follow_up(case_id: UUID, follow_up_id: UUID, call: _Reading) -> Response:
    """Read a follow-up; the ETag is the case's."""
    return await read_item(call, case_id, "follow_ups", follow_up_id, FollowUpView)


@router.get("/partners/{partner_id}", tags=["partners"], response_model=PartnerView, summary="Read a partner")
async def read_partner(case_id: UUID, partner_id: UUID, call: _Reading) -> Response:
    """Read a partner; the ETag is the case's."""
    return await read_item(call, case_id, "partners", partner_id, PartnerView)


@router.post("/measures", tags=["measures"], status_code=201, response_model=CaseReceipt, summary="Plan a measure")
async def plan_measure(case_id: UUID, body: PlanMeasure, call: _Measures) -> Response:
    """Plan a measure; `item_id` is its id. It stays on the method version that it is planned with."""
    return await call.change(
        lambda conn: measures.plan_measure(conn, call.context, call.target(case_id, body), body.new_measure()),
        makes="measures",
    )


@router.post("/measures/{measure_id}/start", tags=["measures"], response_model=CaseReceipt, summary="Start a measure")
async def start_measure(case_id: UUID, measure_id: UUID, body: Act, call: _Measures) -> Response:
    """Start a measure; the plan must be approved, and the first measure activates the case."""
    return await call.change(
        lambda conn: measures.start_measure(conn, call.context, call.target(case_id, body), measure_id)
    )


@router.post("/measures/{measure_id}/steps", tags=["measures"], response_model=CaseReceipt, summary="Do a step")
async def complete_step(case_id: UUID, measure_id: UUID, body: CompleteStep, call: _Measures) -> Response:
    """Write that a step of the measure's method was done."""
    return await call.change(
        lambda conn: measures.complete_step(conn, call.context, call.target(case_id, body), measure_id, step=body.step)
    )


@router.post(
    "/measures/{measure_id}/complete", tags=["measures"], response_model=CaseReceipt, summary="Complete a measure"
)
async def complete_measure(case_id: UUID, measure_id: UUID, body: Act, call: _Measures) -> Response:
    """Complete a measure; whether its mandatory steps were met is worked out from the steps done."""
    return await call.change(
        lambda conn: measures.complete_measure(conn, call.context, call.target(case_id, body), measure_id)
    )


@router.post("/measures/{measure_id}/cancel", tags=["measures"], response_model=CaseReceipt, summary="Cancel a measure")
async def cancel_measure(case_id: UUID, measure_id: UUID, body: CancelMeasure, call: _Measures) -> Response:
    """Cancel a measure that is planned or started."""
    return await call.change(
        lambda conn: measures.cancel_measure(
            conn, call.context, call.target(case_id, body), measure_id, reason=body.reason
        )
    )


@router.post(
    "/follow-ups", tags=["follow-ups"], status_code=201, response_model=CaseReceipt, summary="Schedule a follow-up"
)
async def schedule_follow_up(case_id: UUID, body: ScheduleFollowUp, call: _FollowUps) -> Response:
    """Schedule a follow-up; `item_id` is its id."""
    return await call.change(
        lambda conn: follow_ups.schedule_follow_up(conn, call.context, call.target(case_id, body), due_on=body.due_on),
        makes="follow-ups",
    )


@router.post(
    "/follow-ups/{follow_up_id}/held", tags=["follow-ups"], response_model=CaseReceipt, summary="Hold a follow-up"
)
async def hold_follow_up(case_id: UUID, follow_up_id: UUID, body: HoldFollowUp, call: _FollowUps) -> Response:
    """Write that a follow-up was held; when no measure is open any more, the case goes to `follow_up`."""
    return await call.change(
        lambda conn: follow_ups.hold_follow_up(
            conn, call.context, call.target(case_id, body), follow_up_id, notes=body.notes
        )
    )


@router.post("/partners", tags=["partners"], status_code=201, response_model=CaseReceipt, summary="Add a partner")
async def add_partner(case_id: UUID, body: AddPartner, call: Annotated[Call, changing("case.partners")]) -> Response:
    """Let a partner outside the police join; `item_id` is the partnership's id."""
    return await call.change(
        lambda conn: partners.add_partner(
            conn, call.context, call.target(case_id, body), kind=body.kind, name=body.name
        ),
        makes="partners",
    )


@router.delete("/partners/{partner_id}", tags=["partners"], response_model=CaseReceipt, summary="Remove a partner")
async def remove_partner(
    case_id: UUID,
    partner_id: UUID,
    call: Annotated[Call, saving("case.partners")],
    occurred_at: Annotated[Moment | None, Query()] = None,
) -> Response:
    """Write that a partner left; what they did in the case stays."""
    return await call.save(
        lambda conn: partners.remove_partner(conn, call.context, call.target_at(case_id, occurred_at), partner_id)
    )
