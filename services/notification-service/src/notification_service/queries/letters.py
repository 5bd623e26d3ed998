"""The log of a person's letters: what was sent when and how that went, never where to."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.happenings import Subject
from notification_service.queries.rows import Row, many, one_or_none
from notification_service.queries.subscriptions import Match
from notification_service.tables import contact, inbox_entry, letter, letter_item, person_standing
from notification_service.visibility import Reader, visible_entries

_TELL: Final = text("""
SELECT entry_id, kind, needs, subject, subject_id FROM letters_of_mine_tell(CAST(:ids AS uuid[]))
ORDER BY entry_id DESC LIMIT :most
""")


async def page(conn: AsyncConnection, person: str, *, status: str | None, before: UUID | None, limit: int) -> list[Row]:
    """Return up to ``limit`` letters of a person below the id ``before``, the newest first."""
    query = select(letter).where(letter.c.person == person).order_by(letter.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(letter.c.status == status)
    if before is not None:
        query = query.where(letter.c.id < before)
    return await many(conn, query)


async def one(conn: AsyncConnection, person: str, letter_id: UUID) -> Row | None:
    """Return one letter, or None when it is not the person's."""
    return await one_or_none(conn, select(letter).where(letter.c.id == letter_id, letter.c.person == person))


async def told(conn: AsyncConnection, letter_ids: Sequence[UUID], *, most: int) -> list[Match]:
    """Return what letters of the stance's person tell of, the newest first, to ask what of it may be shown."""
    rows = await conn.execute(_TELL, {"ids": list(letter_ids), "most": most})
    return [Match(row.entry_id, row.kind, row.needs, Subject(row.subject), row.subject_id) for row in rows]


async def items(conn: AsyncConnection, reader: Reader, letter_ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """Return what letters tell of that their person may see now, by letter."""
    query = (
        select(
            letter_item.c.letter_id,
            letter_item.c.entry_id,
            inbox_entry.c.kind,
            inbox_entry.c.unit,
            inbox_entry.c.about_unit,
            inbox_entry.c.subject_id,
        )
        .join(inbox_entry, inbox_entry.c.id == letter_item.c.entry_id)
        .where(letter_item.c.letter_id.in_(list(letter_ids)), visible_entries(reader))
        .order_by(letter_item.c.entry_id)
    )
    found: dict[UUID, list[Row]] = {}
    for row in await many(conn, query):
        found.setdefault(row["letter_id"], []).append(row)
    return found


async def note(conn: AsyncConnection, person: str) -> dict[str, Any]:
    """Return whether letters of a person had stopped, which addresses failed, and how many letters did not arrive."""
    lapses = select(person_standing.c.lapsed_from, person_standing.c.lapsed_until)
    row = await one_or_none(conn, lapses.where(person_standing.c.person == person))
    dead = select(func.count()).select_from(letter).where(letter.c.person == person, letter.c.status == "dead")
    doubts = select(contact.c.channel, contact.c.doubted_at.label("since"), contact.c.doubt.label("reason"))
    doubted = doubts.where(contact.c.person == person, contact.c.doubted_at.is_not(None)).order_by(contact.c.channel)
    return {
        "unconfirmed": await many(conn, doubted),
        "stopped_from": None if row is None else row["lapsed_from"],
        "stopped_until": None if row is None else row["lapsed_until"],
        "dead": (await conn.execute(dead)).scalar_one(),
    }
