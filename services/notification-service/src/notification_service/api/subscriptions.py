"""What a person is sent, beside what stands in the inbox: of the messages that are theirs to read, and no others."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_contracts.visibility import MOST_ASKED
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call, Cursor, IfMatch, Limit, posting, reading
from notification_service.api.people_bodies import NewSubscription, Preview, SubscriptionChanges
from notification_service.api.people_views import PreviewView, Subscriptions, SubscriptionView
from notification_service.api.sight import look_at_all, sees_case
from notification_service.commands import subscriptions as commands
from notification_service.domain.narrowing import Narrowing, Objection, Person, objections
from notification_service.queries import subscriptions as queries

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])


@router.post("", response_model=SubscriptionView, status_code=201)
async def subscribe(call: Annotated[Call, posting("subscription.write")], body: NewSubscription) -> Response:
    """Subscribe to messages. Whether you may see what one is about is asked again when a letter about it is sent."""
    narrowing = body.narrowing()
    against = await _against(call, narrowing)

    async def work(conn: AsyncConnection) -> Answer:
        made = await commands.subscribe(conn, call.context(), narrowing, against)
        return await _answer(conn, call, made, action="subscription.begin", made=True)

    return await call.once(work)


@router.post("/preview")
async def preview(call: Annotated[Call, reading("subscription.read")], body: Preview) -> PreviewView:
    """Tell what a subscription would have given in the last days, by kind, and whether you may have it.

    It saves nothing, so it needs no key. Counted is what you may see now, of the newest two thousand that match.
    """
    narrowing, since = body.narrowing(), call.tools.now() - timedelta(days=body.days)
    against = await _against(call, narrowing)
    matches = await call.peek(lambda conn: queries.matching(conn, narrowing, since=since, most=MOST_ASKED + 1))
    seen = [] if against else await look_at_all(call, matches[:MOST_ASKED])

    async def work(conn: AsyncConnection) -> PreviewView:
        await call.record(conn, "subscription.preview", (narrowing.case_id, *(each.subject_id for each in seen)))
        return PreviewView(
            allowed=not against,
            objections=list(against),
            since=since,
            total=len(seen),
            by_kind=queries.counts(seen),
            more=not against and len(matches) > MOST_ASKED,
        )

    return await call.read(work)


@router.get("", response_model=Subscriptions)
async def list_subscriptions(
    call: Annotated[Call, reading("subscription.read")], limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Return your subscriptions, the newest first."""
    before = call.before("subscriptions", cursor)

    async def work(conn: AsyncConnection) -> tuple[Subscriptions, str | None]:
        rows = await queries.page(conn, call.principal.subject, before=before, limit=limit + 1)
        following = call.following("subscriptions", [row["id"] for row in rows], limit)
        items = [SubscriptionView.model_validate(row) for row in rows[:limit]]
        await call.record(conn, "subscription.list", (item.id for item in items))
        return Subscriptions(items=items, next=following), following

    return call.page(*await call.read(work))


@router.get("/{subscription_id}", response_model=SubscriptionView)
async def read_subscription(call: Annotated[Call, reading("subscription.read")], subscription_id: UUID) -> Response:
    """Return one subscription with its ETag."""
    return (await call.read(lambda conn: _answer(conn, call, subscription_id, action="subscription.read"))).response()


@router.patch("/{subscription_id}", response_model=SubscriptionView)
async def change(
    call: Annotated[Call, reading("subscription.write")],
    subscription_id: UUID,
    body: SubscriptionChanges,
    if_match: IfMatch = None,
) -> Response:
    """Change a subscription; what waits to be sent is judged by what it says then."""
    version = expected_version(if_match)
    before = await call.peek(lambda conn: _view(conn, call, subscription_id))
    narrowing = body.applied_to(before.narrowing())
    against = await _against(call, narrowing)

    async def work(conn: AsyncConnection) -> Answer:
        await commands.change(
            conn, call.context(), subscription_id, version=version, narrowing=narrowing, against=against
        )
        return await _answer(conn, call, subscription_id, action="subscription.change")

    return (await call.save(work)).response()


@router.delete("/{subscription_id}", status_code=204)
async def end(
    call: Annotated[Call, reading("subscription.write")], subscription_id: UUID, if_match: IfMatch = None
) -> Response:
    """End a subscription; what waits to be sent for it alone is not sent."""
    version = expected_version(if_match)

    async def work(conn: AsyncConnection) -> None:
        await _view(conn, call, subscription_id)
        await commands.end(conn, call.context(), subscription_id, version=version)
        await call.record(conn, "subscription.end", [subscription_id], version=version)

    await call.save(work)
    return Response(status_code=204)


async def _against(call: Call, narrowing: Narrowing) -> tuple[Objection, ...]:
    call.asks_about(narrowing.case_id)
    found = objections(narrowing, Person(unit=call.principal.unit, roles=call.principal.roles))
    if narrowing.case_id is None or await sees_case(call, narrowing.case_id):
        return found
    return (*found, Objection.CASE_NOT_FOUND)


async def _view(conn: AsyncConnection, call: Call, subscription_id: UUID) -> SubscriptionView:
    row = await queries.one(conn, call.principal.subject, subscription_id)
    if row is None:
        raise not_found()
    return SubscriptionView.model_validate(row)


async def _answer(
    conn: AsyncConnection, call: Call, subscription_id: UUID, *, action: str, made: bool = False
) -> Answer:
    view = await _view(conn, call, subscription_id)
    await call.record(conn, action, [subscription_id, view.case_id], version=view.version)
    headers = {"ETag": etag(view.version)}
    if made:
        headers["Location"] = f"/v1/subscriptions/{subscription_id}"
    # The answer goes with the case, when that is erased.
    about = view.case_id or subscription_id
    return Answer(201 if made else 200, view.model_dump(mode="json"), headers=headers, aggregate_id=about)
