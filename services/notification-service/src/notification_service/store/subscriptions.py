"""Subscriptions of people, and the themes that they are matched by."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy import insert as insert_into
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.narrowing import Narrowing
from notification_service.tables import subscription

_CHANGE: Final = text("""
UPDATE subscription
SET kinds = :kinds, roles = :roles, units = :units, case_id = :case_id, themes = :themes, indicator = :indicator,
    version = version + 1, updated_at = :now
WHERE id = :id AND person = :person AND version = :version RETURNING version
""")
_REMOVE: Final = text("""
DELETE FROM subscription WHERE id = :id AND person = :person AND version = :version RETURNING version
""")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('subscriptions of ' || :person, 11))")
_STORE_THEMES: Final = text("""
INSERT INTO subject_theme (subject_id, theme)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:themes AS text[])) AS t (subject_id, theme) ORDER BY subject_id
ON CONFLICT (subject_id) DO NOTHING
""")
_TELL_THEMES: Final = text("""
UPDATE inbox_entry AS e SET theme = t.theme FROM subject_theme AS t
WHERE t.subject_id = ANY(CAST(:ids AS uuid[])) AND e.subject_id = t.subject_id AND e.theme IS NULL
  AND e.subject IN ('case', 'concern')
""")
_THEMES: Final = text("SELECT subject_id, theme FROM subject_theme WHERE subject_id = ANY(CAST(:ids AS uuid[]))")
_FORGET_THEMES: Final = text("DELETE FROM subject_theme WHERE subject_id = ANY(CAST(:ids AS uuid[]))")
_FORGET: Final = text("DELETE FROM subscription WHERE case_id = ANY(CAST(:ids AS uuid[]))")


def columns(narrowing: Narrowing) -> dict[str, Any]:
    """Return what a subscription says, as its columns; in one order, so that equal ones are stored equally."""
    return {
        "kinds": sorted(kind.value for kind in narrowing.kinds),
        "roles": sorted(role.value for role in narrowing.roles),
        "units": sorted(narrowing.units),
        "case_id": narrowing.case_id,
        "themes": sorted(theme.value for theme in narrowing.themes),
        "indicator": narrowing.indicator,
    }


async def count(conn: AsyncConnection, *, person: str) -> int:
    """Return how many a person has; nobody else of the same name adds one until the transaction ends."""
    await conn.execute(_LOCK, {"person": person})
    query = select(func.count()).select_from(subscription).where(subscription.c.person == person)
    return int((await conn.execute(query)).scalar_one())


async def insert(
    conn: AsyncConnection, *, subscription_id: UUID, person: str, narrowing: Narrowing, now: datetime
) -> None:
    """Add a subscription."""
    values = {"id": subscription_id, "person": person, "version": 1, "created_at": now, "updated_at": now}
    await conn.execute(insert_into(subscription).values(**values, **columns(narrowing)))


async def change(
    conn: AsyncConnection, *, subscription_id: UUID, person: str, version: int, narrowing: Narrowing, now: datetime
) -> bool:
    """Change a subscription that has this version; false when it has another, or is not the person's."""
    bind = {"id": subscription_id, "person": person, "version": version, "now": now, **columns(narrowing)}
    return (await conn.execute(_CHANGE, bind)).one_or_none() is not None


async def remove(conn: AsyncConnection, *, subscription_id: UUID, person: str, version: int) -> bool:
    """Remove a subscription that has this version; false when it has another, or is not the person's."""
    bind = {"id": subscription_id, "person": person, "version": version}
    return (await conn.execute(_REMOVE, bind)).one_or_none() is not None


async def store_themes(conn: AsyncConnection, found: Mapping[UUID, str]) -> None:
    """Keep what cases and concerns are about; what is known already stands."""
    if found:
        ids = sorted(found)
        await conn.execute(_STORE_THEMES, {"ids": ids, "themes": [found[each] for each in ids]})


async def learn_themes(conn: AsyncConnection, found: Mapping[UUID, str]) -> None:
    """Keep what older cases and concerns are about, and give it to the messages about them that were without."""
    if found:
        await store_themes(conn, found)
        await conn.execute(_TELL_THEMES, {"ids": sorted(found)})


async def themes(conn: AsyncConnection, subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return what cases and concerns are about, of those of which it is known."""
    found = await conn.execute(_THEMES, {"ids": sorted(set(subject_ids))})
    return {row.subject_id: row.theme for row in found}


async def forget_erased(conn: AsyncConnection, case_ids: Iterable[UUID]) -> None:
    """Forget the themes of erased cases, and remove the subscriptions to one of them."""
    bind = {"ids": sorted(set(case_ids))}
    await conn.execute(_FORGET_THEMES, bind)
    await conn.execute(_FORGET, bind)
