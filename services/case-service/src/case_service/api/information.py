"""Routes of information on a case: registered, shown, clarified."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from case_service.api.bodies import ClarifyInformation, RegisterInformation
from case_service.api.calls import Call, changing, reading
from case_service.api.description import operation_id
from case_service.api.items import read_item
from case_service.api.views.cases import CaseReceipt
from case_service.api.views.work import InformationView
from case_service.commands import information

router = APIRouter(
    prefix="/v1/cases/{case_id}/information", tags=["information"], generate_unique_id_function=operation_id
)


@router.get("/{information_id}", response_model=InformationView, summary="Read information")
async def read_information(
    case_id: UUID, information_id: UUID, call: Annotated[Call, reading("case.read")]
) -> Response:
    """Read information; without its texts when access to it is restricted for you. The ETag is the case's."""
    return await read_item(call, case_id, "information", information_id, InformationView)


@router.post("", status_code=201, response_model=CaseReceipt, summary="Register information")
async def register_information(
    case_id: UUID, body: RegisterInformation, call: Annotated[Call, changing("case.register_information")]
) -> Response:
    """Register information; `item_id` is its id. It is to be clarified within four months, or access is restricted."""
    return await call.change(
        lambda conn: information.register_information(
            conn, call.context, call.target(case_id, body), body.new_information()
        ),
        makes="information",
    )


@router.post("/{information_id}/clarification", response_model=CaseReceipt, summary="Clarify information")
async def clarify_information(
    case_id: UUID,
    information_id: UUID,
    body: ClarifyInformation,
    call: Annotated[Call, changing("case.clarify_information")],
) -> Response:
    """Say whether information is relevant, and correct; what is not is restricted from then on. It is done once."""
    return await call.change(
        lambda conn: information.clarify_information(
            conn, call.context, call.target(case_id, body), information_id, body.clarification()
        )
    )
