"""The log of a person's letters, and the way back for those that did not arrive."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_contracts.visibility import MOST_ASKED
from forkant_kit.idempotency import Answer
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.bodies import Nothing
from notification_service.api.calls import Call, Cursor, Limit, posting, reading
from notification_service.api.people_views import Letters, LetterView
from notification_service.api.sight import seeing_of
from notification_service.commands import letters as commands
from notification_service.domain.posting import Status
from notification_service.queries import letters as queries
from notification_service.queries.rows import Row

router = APIRouter(prefix="/v1/letters", tags=["letters"])


@router.get("", response_model=Letters)
async def list_letters(
    call: Annotated[Call, reading("letter.read")],
    status: Annotated[Status | None, Query(description="Only those that stand so.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the letters to you, newest first, with what each tells of that you may see now."""
    name = f"letters|{status}"
    before = call.before(name, cursor)
    rows = await call.peek(
        lambda conn: queries.page(conn, call.principal.subject, status=status, before=before, limit=limit + 1)
    )
    following = call.following(name, [row["id"] for row in rows], limit)
    call = await _seeing(call, rows[:limit])

    async def work(conn: AsyncConnection) -> Letters:
        return Letters(items=await _views(conn, call, rows[:limit], action="letter.list"), next=following)

    return call.page(await call.read(work), following)


@router.get("/{letter_id}")
async def read_letter(call: Annotated[Call, reading("letter.read")], letter_id: UUID) -> LetterView:
    """Return one letter."""
    row = await _row(call, letter_id)
    call = await _seeing(call, [row])
    [view] = await call.read(lambda conn: _views(conn, call, [row], action="letter.read"))
    return view


@router.post("/{letter_id}/replay", response_model=LetterView, status_code=202)
async def replay(call: Annotated[Call, posting("letter.replay")], letter_id: UUID, _body: Nothing) -> Response:
    """Send a letter again that did not arrive, under its id; what it may still tell is judged when it is sent."""
    await _row(call, letter_id)

    async def work(conn: AsyncConnection) -> Answer:
        await commands.replay(conn, call.context(), letter_id)
        row = await queries.one(conn, call.principal.subject, letter_id)
        if row is None:
            raise not_found()
        # Answers are kept for repeats, so this one tells nothing that may be erased meanwhile.
        view = LetterView.of(row, ())
        await call.record(conn, "letter.replay", [letter_id])
        headers = {"Location": f"/v1/letters/{letter_id}"}
        return Answer(202, view.model_dump(mode="json"), headers=headers, aggregate_id=letter_id)

    return await call.once(work)


async def _row(call: Call, letter_id: UUID) -> Row:
    row = await call.peek(lambda conn: queries.one(conn, call.principal.subject, letter_id))
    if row is None:
        raise not_found()
    return row


async def _seeing(call: Call, rows: Sequence[Row]) -> Call:
    ids = [row["id"] for row in rows]
    return await seeing_of(call, await call.peek(lambda conn: queries.told(conn, ids, most=MOST_ASKED)))


async def _views(conn: AsyncConnection, call: Call, rows: Sequence[Row], *, action: str) -> list[LetterView]:
    told = await queries.items(conn, call.reader, [row["id"] for row in rows])
    about = (item["subject_id"] for each in told.values() for item in each)
    await call.record(conn, action, [*(row["id"] for row in rows), *about])
    return [LetterView.of(row, told.get(row["id"], ())) for row in rows]
