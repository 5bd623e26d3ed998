"""The log of deliveries, and the dead letters with the way back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.idempotency import Answer
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.bodies import Nothing, Replay
from notification_service.api.calls import Call, Cursor, Limit, posting, reading
from notification_service.api.sight import look_into_log
from notification_service.api.views import AttemptView, Deliveries, DeliveryView, DeliveryWithLog, Replayed
from notification_service.commands import dead_letters
from notification_service.domain.attempts import Status
from notification_service.domain.audiences import ABOUT_NOBODY
from notification_service.queries import deliveries as queries
from notification_service.queries.deliveries import Beholder, Filters
from notification_service.queries.rows import Row
from notification_service.store.dead_letters import Range

router = APIRouter(prefix="/v1", tags=["deliveries"])

EndpointId = Annotated[UUID | None, Query(description="Only those to this endpoint.")]
SubjectId = Annotated[UUID | None, Query(description="Only those about this case or concern.")]


@router.get("/deliveries", response_model=Deliveries)
async def list_deliveries(  # noqa: PLR0917 - FastAPI gives them by name
    call: Annotated[Call, reading("delivery.read")],
    endpoint_id: EndpointId = None,
    status: Annotated[Status | None, Query(description="Only those that stand so.")] = None,
    subject_id: SubjectId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the deliveries to your endpoints, newest first; what one was about is blank when you may not see it."""
    return await _page(call, Filters(endpoint_id=endpoint_id, status=status, subject_id=subject_id), limit, cursor)


@router.get("/deliveries/{delivery_id}")
async def read_delivery(call: Annotated[Call, reading("delivery.read")], delivery_id: UUID) -> DeliveryWithLog:
    """Return one delivery with its attempts; what it was about is blank when you may not see that."""
    call = await _beholding(call, delivery_id)

    async def work(conn: AsyncConnection) -> DeliveryWithLog:
        row = await _row(conn, call, delivery_id)
        delivery = DeliveryView.of(row)
        await call.record(conn, "delivery.read", _objects(delivery))
        log = [AttemptView.model_validate(dict(row)) for row in await queries.attempts(conn, delivery_id)]
        return DeliveryWithLog(**dict(delivery), log=log)

    return await call.read(work)


@router.get("/dead-letters", response_model=Deliveries)
async def list_dead_letters(
    call: Annotated[Call, reading("delivery.read")],
    endpoint_id: EndpointId = None,
    subject_id: SubjectId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return what did not arrive, newest first; what one was about is blank when you may not see it."""
    filters = Filters(endpoint_id=endpoint_id, status=Status.DEAD, subject_id=subject_id)
    return await _page(call, filters, limit, cursor)


@router.post("/dead-letters/replay", response_model=Replayed, status_code=202)
async def replay_range(call: Annotated[Call, posting("delivery.replay")], body: Replay) -> Response:
    """Send dead letters of an endpoint again, a thousand at a time: all, or those of a range of numbers or of time.

    Each keeps its webhook-id and its place, and has all its attempts anew. Those of restricted cases stay.
    """
    chosen = Range(from_sequence=body.from_sequence, to_sequence=body.to_sequence, since=body.since, until=body.until)

    async def work(conn: AsyncConnection) -> Answer:
        done = await dead_letters.replay_range(conn, call.context(), body.endpoint_id, chosen)
        ids = (each for letter in done.letters for each in (letter.id, letter.subject_id))
        await call.record(conn, "delivery.replay", (body.endpoint_id, *ids))
        view = Replayed(replayed=len(done.letters), restricted=done.restricted, next_sequence=done.next_sequence)
        return Answer(202, view.model_dump(mode="json"), aggregate_id=body.endpoint_id)

    return await call.once(work)


@router.post("/dead-letters/{delivery_id}/replay", response_model=DeliveryView, status_code=202)
async def replay(call: Annotated[Call, posting("delivery.replay")], delivery_id: UUID, _body: Nothing) -> Response:
    """Send a dead letter again under the same webhook-id, with all its attempts anew."""
    call = await _beholding(call, delivery_id)

    async def work(conn: AsyncConnection) -> Answer:
        subject_id = await dead_letters.replay(conn, call.context(), delivery_id)
        delivery = DeliveryView.of(await _row(conn, call, delivery_id))
        # What is done about a case is recorded of it, also by who may not know which it is.
        await call.record(conn, "delivery.replay", (*_objects(delivery), subject_id))
        headers = {"Location": f"/v1/deliveries/{delivery_id}"}
        return Answer(202, delivery.model_dump(mode="json"), headers=headers, aggregate_id=subject_id)

    return _as_seen_now(call, await call.once(work))


async def _page(call: Call, filters: Filters, limit: int, cursor: str | None) -> Response:
    call.asks_about(filters.endpoint_id, filters.subject_id)
    name = f"deliveries|{filters.endpoint_id}|{filters.status}|{filters.subject_id}"
    before = call.before(name, cursor)
    call = await look_into_log(
        call, lambda conn: queries.subjects(conn, call.owner, filters, before=before, limit=limit)
    )

    async def work(conn: AsyncConnection) -> tuple[Deliveries, str | None]:
        rows = await queries.page(conn, _beholder(call), filters, before=before, limit=limit + 1)
        following = call.following(name, [row["id"] for row in rows], limit)
        items = [DeliveryView.of(row) for row in rows[:limit]]
        await call.record(conn, "delivery.list", (found for item in items for found in _objects(item)))
        return Deliveries(items=items, next=following), following

    return call.page(*await call.read(work))


async def _beholding(call: Call, delivery_id: UUID) -> Call:
    return await look_into_log(call, lambda conn: queries.subject(conn, call.owner, delivery_id))


async def _row(conn: AsyncConnection, call: Call, delivery_id: UUID) -> Row:
    row = await queries.one(conn, _beholder(call), delivery_id)
    if row is None:
        raise not_found()
    return row


def _beholder(call: Call) -> Beholder:
    return Beholder(owner=call.owner, sight=call.sight)


def _as_seen_now(call: Call, answer: Response) -> Response:
    """Blank the answer to a repeated request, kept from when the caller could see what it is about."""
    kept = DeliveryView.model_validate_json(bytes(answer.body))
    shown = kept.subject_id is None or kept.subject_id in call.sight.now or kept.event_type in ABOUT_NOBODY
    if call.owner.subject is not None or shown:
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    blank = kept.model_copy(update=dict.fromkeys(queries.ABOUT & DeliveryView.model_fields.keys()))
    return Response(blank.model_dump_json(), answer.status_code, headers=headers)


def _objects(delivery: DeliveryView) -> tuple[UUID | None, ...]:
    return delivery.id, delivery.endpoint_id, delivery.subject_id
