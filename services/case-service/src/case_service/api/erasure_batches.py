"""Routes of erasures of many cases whose retention has expired."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.calls import Call, creating, reading
from case_service.api.description import operation_id
from case_service.api.erasure_batch_bodies import RequestErasures
from case_service.api.views.erasure_batches import (
    BatchState,
    ErasureBatchReceipt,
    ErasureBatchView,
    ErasureCandidate,
)
from case_service.commands import erasure_batches as commands
from case_service.commands.erasure_batches import Candidate
from case_service.domain.erasing import Outcome
from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.store import erasure_batches as store

router = APIRouter(prefix="/v1/erasure-batches", tags=["protection"], generate_unique_id_function=operation_id)


@router.post(
    "",
    status_code=202,
    response_model=ErasureBatchReceipt,
    responses={200: {"model": ErasureBatchReceipt, "description": "What a dry run found"}},
    summary="Erase what has expired",
)
async def request_erasures(body: RequestErasures, call: Annotated[Call, creating("case.erase_batch")]) -> Response:
    """Ask for the erasure of the unit's ended cases whose last day is past, whose archive somebody else decided about.

    A dry run shows each case and what keeps it, and changes nothing. Else the worker erases them a few at a time, each
    with its certificate, as a single erasure does; what can't go by then is left, and said why.
    """
    as_of = body.as_of or local_day(call.context.now)

    async def work(conn: AsyncConnection) -> Answer:
        found = await commands.plan(conn, call.context, as_of=as_of, limit=body.limit)
        if body.dry_run:
            ids = [candidate.case_id for candidate in found]
            await call.audit_read(conn, action="case.plan_erasures", ids=ids)
            return Answer(status=200, body=_planned(call, found).model_dump(mode="json"))
        made = await commands.accept(conn, call.context, found, as_of=as_of, limit=body.limit)
        receipt = ErasureBatchReceipt(
            id=made.id,
            state=BatchState.ACCEPTED,
            waiting=made.waiting,
            left=made.left,
            candidates=[],
            recorded_at=made.recorded_at,
        )
        headers = {"Location": f"/v1/erasure-batches/{made.id}"}
        return Answer(status=202, body=receipt.model_dump(mode="json"), headers=headers)

    return await call.once(work)


@router.get("/{batch_id}", summary="Read how far an erasure of many is")
async def read_erasures(batch_id: UUID, call: Annotated[Call, reading("case.erase_batch")]) -> ErasureBatchView:
    """Read how far a batch is, and what became of each case."""

    async def work(conn: AsyncConnection) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
        batch = await store.find(conn, batch_id, unit=call.context.unit)
        if batch is None:
            raise Refusal(Code.NOT_FOUND)
        items = [dict(row) for row in await store.cases_of(conn, batch_id)]
        ids = [batch_id, *(item["case_id"] for item in items)]
        await call.audit_read(conn, action="case.read_erasures", kind="erasure_batch", ids=ids)
        return dict(batch), items

    batch, items = await call.read(work)
    outcomes = [item["outcome"] for item in items]
    return ErasureBatchView.model_validate(
        {
            **batch,
            "state": BatchState.ACCEPTED if batch["finished_at"] is None else BatchState.FINISHED,
            "waiting": outcomes.count(None),
            "erased": outcomes.count(Outcome.ERASED.value),
            "left": outcomes.count(Outcome.LEFT.value),
            "items": items,
        }
    )


def _planned(call: Call, found: Sequence[Candidate]) -> ErasureBatchReceipt:
    left = sum(bool(candidate.obstacles) for candidate in found)
    return ErasureBatchReceipt(
        id=None,
        state=BatchState.PLANNED,
        waiting=len(found) - left,
        left=left,
        candidates=[ErasureCandidate.model_validate(candidate) for candidate in found],
        recorded_at=call.context.now,
    )
