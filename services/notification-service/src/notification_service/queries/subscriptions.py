"""A person's subscriptions, and what one would have given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.happenings import Subject
from notification_service.domain.narrowing import Narrowing
from notification_service.queries.rows import Row, many, one_or_none
from notification_service.store.subscriptions import columns
from notification_service.tables import subscription

_MATCHING: Final = text("""
SELECT entry_id, kind, needs, subject, subject_id FROM inbox_matching_for_me(
    CAST(:kinds AS text[]), CAST(:roles AS text[]), CAST(:units AS text[]), CAST(:case_id AS uuid),
    CAST(:themes AS text[]), CAST(:indicator AS int), CAST(:since AS timestamptz), CAST(:most AS int)
)
""")


@dataclass(frozen=True, slots=True)
class Match:
    """A message that a subscription is for, of which it is not known yet whether the reader may see it."""

    entry_id: UUID
    kind: str
    needs: str
    subject: Subject
    subject_id: UUID


async def page(conn: AsyncConnection, person: str, *, before: UUID | None, limit: int) -> list[Row]:
    """Return up to ``limit`` subscriptions of a person below the id ``before``, the newest first."""
    query = select(subscription).where(subscription.c.person == person).order_by(subscription.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(subscription.c.id < before)
    return await many(conn, query)


async def one(conn: AsyncConnection, person: str, subscription_id: UUID) -> Row | None:
    """Return one subscription, or None when it is not the person's."""
    query = select(subscription).where(subscription.c.id == subscription_id, subscription.c.person == person)
    return await one_or_none(conn, query)


async def matching(conn: AsyncConnection, narrowing: Narrowing, *, since: datetime, most: int) -> list[Match]:
    """Return what is meant for the unit and roles of the stance and matches, recorded since; the newest first."""
    rows = await conn.execute(_MATCHING, {**columns(narrowing), "since": since, "most": most})
    return [Match(row.entry_id, row.kind, row.needs, Subject(row.subject), row.subject_id) for row in rows]


def counts(matches: Iterable[Match]) -> dict[str, int]:
    """Return how many there are of each kind."""
    found: dict[str, int] = {}
    for match in matches:
        found[match.kind] = found.get(match.kind, 0) + 1
    return dict(sorted(found.items()))
