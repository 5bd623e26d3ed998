"""The inbox: what the people of a unit should know."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.idempotency import Answer
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.bodies import Nothing
from notification_service.api.calls import Call, Cursor, Limit, posting, reading
from notification_service.api.sight import look, look_at
from notification_service.api.views import EntryView, Inbox, LettersNote
from notification_service.commands import inbox as commands
from notification_service.domain.kinds import Kind
from notification_service.queries import inbox as queries
from notification_service.queries.letters import note

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])


@router.get("", response_model=Inbox)
async def read_inbox(
    call: Annotated[Call, reading("inbox.read")],
    unread: Annotated[bool | None, Query(description="Only what you have not read, or only what you have.")] = None,
    kind: Annotated[Kind | None, Query(description="Only messages of this kind.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return what is meant for your role in your unit, of the cases and concerns that you may see, the newest first.

    A page may be shorter than `limit`: go on while there is a `next`.
    """
    name = f"inbox|{unread}|{kind}"
    found = await look(call, unread=unread, kind=kind, before=call.before(name, cursor), limit=limit)

    async def work(conn: AsyncConnection) -> tuple[list[EntryView], LettersNote]:
        items = [EntryView.of(row) for row in await queries.several(conn, found.call.reader, found.ids)]
        await call.record(conn, "inbox.list", (id_ for item in items for id_ in (item.id, item.subject_id)))
        return items, LettersNote.model_validate(await note(conn, call.principal.subject))

    items, letters = await found.call.read(work)
    following = call.cursor_at(name, found.following)
    body = Inbox(items=items, next=following, unread_count=found.unread, unread_more=found.unread_more, letters=letters)
    return call.page(body, following)


@router.get("/{entry_id}")
async def read_entry(call: Annotated[Call, reading("inbox.read")], entry_id: UUID) -> EntryView:
    """Return one message."""
    call = await look_at(call, entry_id)
    return await call.read(lambda conn: _entry(conn, call, entry_id, action="inbox.read"))


@router.post("/{entry_id}/read", response_model=EntryView)
async def mark_read(call: Annotated[Call, posting("inbox.mark")], entry_id: UUID, _body: Nothing) -> Response:
    """Note that you have read a message; the first time stands."""
    return await _mark(call, entry_id, acknowledge=False)


@router.post("/{entry_id}/acknowledge", response_model=EntryView)
async def acknowledge(call: Annotated[Call, posting("inbox.mark")], entry_id: UUID, _body: Nothing) -> Response:
    """Acknowledge a message, which also reads it; the first time stands."""
    return await _mark(call, entry_id, acknowledge=True)


async def _mark(call: Call, entry_id: UUID, *, acknowledge: bool) -> Response:
    action = "inbox.acknowledge" if acknowledge else "inbox.mark_read"
    call = await look_at(call, entry_id)

    async def work(conn: AsyncConnection) -> Answer:
        subject_id = await commands.mark(conn, call.reader, entry_id, acknowledge=acknowledge, now=call.tools.now())
        entry = await _entry(conn, call, entry_id, action=action)
        return Answer(200, entry.model_dump(mode="json"), aggregate_id=subject_id)

    return await call.once(work)


async def _entry(conn: AsyncConnection, call: Call, entry_id: UUID, *, action: str) -> EntryView:
    row = await queries.one(conn, call.reader, entry_id)
    if row is None:
        raise not_found()
    await call.record(conn, action, [entry_id, row["subject_id"]])
    return EntryView.of(row)
