"""The log of deliveries, and the dead letters with the way back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.idempotency import Answer
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.bodies import Nothing
from notification_service.api.calls import Call, Cursor, Limit, posting, reading
from notification_service.api.views import AttemptView, Deliveries, DeliveryView, DeliveryWithLog
from notification_service.commands import dead_letters
from notification_service.domain.attempts import Status
from notification_service.queries import deliveries as queries
from notification_service.queries.deliveries import Filters

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
    """Return the deliveries to your endpoints, the newest first."""
    return await _page(call, Filters(endpoint_id=endpoint_id, status=status, subject_id=subject_id), limit, cursor)


@router.get("/deliveries/{delivery_id}")
async def read_delivery(call: Annotated[Call, reading("delivery.read")], delivery_id: UUID) -> DeliveryWithLog:
    """Return one delivery with its attempts."""

    async def work(conn: AsyncConnection) -> DeliveryWithLog:
        delivery = await _delivery(conn, call, delivery_id, action="delivery.read")
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
    """Return what did not arrive, the newest first."""
    filters = Filters(endpoint_id=endpoint_id, status=Status.DEAD, subject_id=subject_id)
    return await _page(call, filters, limit, cursor)


@router.post("/dead-letters/{delivery_id}/replay", response_model=DeliveryView, status_code=202)
async def replay(call: Annotated[Call, posting("delivery.replay")], delivery_id: UUID, _body: Nothing) -> Response:
    """Send a dead letter again under the same webhook-id, with all its attempts anew."""

    async def work(conn: AsyncConnection) -> Answer:
        subject_id = await dead_letters.replay(conn, call.context(), delivery_id)
        delivery = await _delivery(conn, call, delivery_id, action="delivery.replay")
        headers = {"Location": f"/v1/deliveries/{delivery_id}"}
        return Answer(202, delivery.model_dump(mode="json"), headers=headers, aggregate_id=subject_id)

    return await call.once(work)


async def _page(call: Call, filters: Filters, limit: int, cursor: str | None) -> Response:
    call.asks_about(filters.endpoint_id, filters.subject_id)
    name = f"deliveries|{filters.endpoint_id}|{filters.status}|{filters.subject_id}"
    before = call.before(name, cursor)

    async def work(conn: AsyncConnection) -> tuple[Deliveries, str | None]:
        rows = await queries.page(conn, call.owner, filters, before=before, limit=limit + 1)
        following = call.following(name, [row["id"] for row in rows], limit)
        items = [DeliveryView.of(row) for row in rows[:limit]]
        await call.record(conn, "delivery.list", (found for item in items for found in _objects(item)))
        return Deliveries(items=items, next=following), following

    return call.page(*await call.read(work))


async def _delivery(conn: AsyncConnection, call: Call, delivery_id: UUID, *, action: str) -> DeliveryView:
    row = await queries.one(conn, call.owner, delivery_id)
    if row is None:
        raise not_found()
    delivery = DeliveryView.of(row)
    await call.record(conn, action, _objects(delivery))
    return delivery


def _objects(delivery: DeliveryView) -> tuple[UUID | None, ...]:
    return delivery.id, delivery.endpoint_id, delivery.subject_id
