"""Webhook endpoints: where events are sent as they happen."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.bodies import EndpointChanges, EndpointTrial, NewEndpoint, Nothing, Rotation
from notification_service.api.calls import Call, Cursor, IfMatch, Limit, posting, reading
from notification_service.api.views import (
    DeliveryView,
    EndpointPreview,
    Endpoints,
    EndpointView,
    EndpointWithSecret,
    TypeCount,
)
from notification_service.commands import endpoints as commands
from notification_service.queries import deliveries
from notification_service.queries import endpoints as queries
from notification_service.queries.deliveries import Beholder

router = APIRouter(prefix="/v1/endpoints", tags=["endpoints"])


@router.post("", response_model=EndpointWithSecret, status_code=201)
async def register(call: Annotated[Call, posting("endpoint.write")], body: NewEndpoint) -> Response:
    """Register an endpoint; it gets what is recorded from now on. The secret is shown this once."""

    async def work(conn: AsyncConnection) -> tuple[Answer, str]:
        endpoint_id, secret = await commands.register(
            conn,
            call.context(),
            url=body.url,
            event_types=body.event_types,
            units=body.units,
            case_types=body.case_types,
            themes=body.themes,
            signatures=body.signatures,
        )
        return await _answer(conn, call, endpoint_id, action="endpoint.register", made=True), secret

    return await call.once_with_secret(work)


@router.post("/preview")
async def preview(call: Annotated[Call, reading("endpoint.write")], body: EndpointTrial) -> EndpointPreview:
    """Tell what an endpoint would have been sent in the last days, by type of event.

    It saves nothing, so it needs no key. It is known of events since the upgrade that brought it.
    """
    since = call.tools.now() - timedelta(days=body.days)
    commands.check_choice(call.context(), event_types=body.event_types, units=body.units)
    chosen = queries.chosen(
        call.owner,
        event_types=body.event_types,
        units=body.units,
        case_types=[each.value for each in body.case_types],
        themes=[each.value for each in body.themes],
    )

    async def work(conn: AsyncConnection) -> EndpointPreview:
        counts = await queries.would_get(conn, chosen, since=since)
        await call.record(conn, "endpoint.preview", [])
        by_type = [TypeCount(event_type=name, count=count) for name, count in counts.most_common()]
        return EndpointPreview(since=since, total=counts.total(), by_type=by_type)

    return await call.read(work)


@router.get("", response_model=Endpoints)
async def list_endpoints(
    call: Annotated[Call, reading("endpoint.read")], limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Return your endpoints, the newest first."""
    before = call.before("endpoints", cursor)

    async def work(conn: AsyncConnection) -> tuple[Endpoints, str | None]:
        rows = await queries.page(conn, call.owner, before=before, limit=limit + 1)
        following = call.following("endpoints", [row["id"] for row in rows], limit)
        secrets = await queries.secrets(conn, [row["id"] for row in rows[:limit]])
        items = [EndpointView.of(row, secrets.get(row["id"], ())) for row in rows[:limit]]
        await call.record(conn, "endpoint.list", (item.id for item in items))
        return Endpoints(items=items, next=following), following

    return call.page(*await call.read(work))


@router.get("/{endpoint_id}", response_model=EndpointView)
async def read_endpoint(call: Annotated[Call, reading("endpoint.read")], endpoint_id: UUID) -> Response:
    """Return one endpoint with its ETag."""
    return (await call.read(lambda conn: _answer(conn, call, endpoint_id, action="endpoint.read"))).response()


@router.patch("/{endpoint_id}", response_model=EndpointView)
async def change(
    call: Annotated[Call, reading("endpoint.write")],
    endpoint_id: UUID,
    body: EndpointChanges,
    if_match: IfMatch = None,
) -> Response:
    """Change an endpoint."""
    version = expected_version(if_match)
    lists = ("event_types", "units", "case_types", "themes", "signatures")
    given = {name: tuple(found) for name in lists if (found := getattr(body, name)) is not None}
    changes = commands.Changes(url=body.url, enabled=body.enabled, **given)

    async def work(conn: AsyncConnection) -> Answer:
        await commands.change(conn, call.context(), endpoint_id, version=version, changes=changes)
        return await _answer(conn, call, endpoint_id, action="endpoint.change")

    return (await call.save(work)).response()


@router.delete("/{endpoint_id}", status_code=204)
async def remove(
    call: Annotated[Call, reading("endpoint.write")], endpoint_id: UUID, if_match: IfMatch = None
) -> Response:
    """Remove an endpoint; what waits for it is cancelled."""
    version = expected_version(if_match)

    async def work(conn: AsyncConnection) -> None:
        await commands.remove(conn, call.context(), endpoint_id, version=version)
        await call.record(conn, "endpoint.remove", [endpoint_id], version=version + 1)

    await call.save(work)
    return Response(status_code=204)


@router.post("/{endpoint_id}/ping", response_model=DeliveryView, status_code=202)
async def ping(call: Annotated[Call, posting("endpoint.write")], endpoint_id: UUID, _body: Nothing) -> Response:
    """Send a test message, once; how it went stands in the log of the delivery that is returned."""

    async def work(conn: AsyncConnection) -> Answer:
        delivery_id = await commands.ping(conn, call.context(), endpoint_id)
        row = await deliveries.one(conn, Beholder(owner=call.owner, sight=call.sight), delivery_id)
        if row is None:
            raise not_found()
        await call.record(conn, "endpoint.ping", [endpoint_id, delivery_id])
        headers = {"Location": f"/v1/deliveries/{delivery_id}"}
        return Answer(202, DeliveryView.of(row).model_dump(mode="json"), headers=headers, aggregate_id=delivery_id)

    return await call.once(work)


@router.post("/{endpoint_id}/rotate", response_model=EndpointWithSecret)
async def rotate(call: Annotated[Call, posting("endpoint.write")], endpoint_id: UUID, body: Rotation) -> Response:
    """Make a new secret, shown this once, and a new key where there is one; for the overlap both of each sign."""

    async def work(conn: AsyncConnection) -> tuple[Answer, str]:
        overlap = timedelta(hours=body.overlap_hours)
        secret = await commands.rotate(conn, call.context(), endpoint_id, overlap=overlap)
        return await _answer(conn, call, endpoint_id, action="endpoint.rotate", with_secret=True), secret

    return await call.once_with_secret(work)


async def _answer(
    conn: AsyncConnection, call: Call, endpoint_id: UUID, *, action: str, made: bool = False, with_secret: bool = False
) -> Answer:
    row = await queries.one(conn, call.owner, endpoint_id)
    if row is None:
        raise not_found()
    await call.record(conn, action, [endpoint_id], version=row["version"])
    view = EndpointWithSecret if made or with_secret else EndpointView
    secrets = await queries.secrets(conn, [endpoint_id])
    headers = {"ETag": etag(row["version"])}
    if made:
        headers["Location"] = f"/v1/endpoints/{endpoint_id}"
    body = view.of(row, secrets.get(endpoint_id, ())).model_dump(mode="json")
    return Answer(201 if made else 200, body, headers=headers, aggregate_id=endpoint_id)
