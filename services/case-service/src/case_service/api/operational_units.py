"""Routes of operational units («driftsenheter»); they are read among all units at /v1/units."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.calls import Call, creating, saving
from case_service.api.description import operation_id
from case_service.api.operational_unit_bodies import AddOperationalUnit, ChangeOperationalUnit
from case_service.api.views.reference import UnitReceiptView
from case_service.commands import operational_units as commands

router = APIRouter(prefix="/v1/operational-units", tags=["operational-units"], generate_unique_id_function=operation_id)


@router.post("", status_code=201, response_model=UnitReceiptView, summary="Add an operational unit")
async def add(body: AddOperationalUnit, call: Annotated[Call, creating("unit.organise")]) -> Response:
    """Add an operational unit to the caller's district, from today or a day that is ahead."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.add(
            conn, call.context, slug=body.slug, names=body.names(), begins=body.valid_from, ends=body.valid_to
        )
        return _answer(receipt, status=201)

    return await call.once(work)


@router.put("/{unit_uid}", response_model=UnitReceiptView, summary="Rename or end an operational unit")
async def change(
    unit_uid: UUID, body: ChangeOperationalUnit, call: Annotated[Call, saving("unit.organise")]
) -> Response:
    """Write its names anew, and the day from which it is there no more; without one it goes on."""
    target = call.target_at(unit_uid, None)
    receipt = await call.saved(
        lambda conn: commands.change(conn, call.context, target, names=body.names(), ends=body.valid_to)
    )
    return _answer(receipt, status=200).response()


def _answer(receipt: commands.UnitReceipt, *, status: int) -> Answer:
    body = UnitReceiptView.model_validate(receipt).model_dump(mode="json")
    return Answer(status=status, body=body, headers={"ETag": etag(receipt.version)})
