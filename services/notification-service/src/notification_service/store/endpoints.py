"""Endpoints and their secrets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.attempts import Reason
from notification_service.domain.filters import EndpointFilter
from notification_service.domain.happenings import Happening
from notification_service.tables import endpoint, endpoint_secret, lane
from notification_service.visibility import Owner, visible_endpoints

_CANDIDATES: Final = text("""
SELECT id, unit, national, event_types, units, case_types, themes, created_at FROM endpoint
WHERE enabled AND (national OR CAST(:everywhere AS boolean)
                   OR split_part(unit, '/', 1) = ANY(CAST(:districts AS text[]))
                   OR id = ANY(CAST(:receivers AS uuid[])))
""")
_ADVANCE: Final = text("""
UPDATE endpoint SET version = version + 1, updated_at = :now, proven_at = :now
WHERE id = :id AND version = :version AND deleted_at IS NULL RETURNING version
""")
_TOUCH: Final = text("""
UPDATE endpoint SET version = version + 1, updated_at = :now, proven_at = :now
WHERE id = :id AND deleted_at IS NULL RETURNING version
""")
_SWITCH_OFF: Final = text("""
UPDATE endpoint SET enabled = false, disabled_reason = :reason, version = version + 1, updated_at = :now
WHERE id = :id AND enabled
""")
_PROVE: Final = text("UPDATE endpoint SET proven_at = :now WHERE id = :id")
_SIGNED_UP: Final = text("SELECT unit, version FROM endpoint WHERE id = :id")
_FRESH_CIRCUIT: Final = text("""
UPDATE lane SET failures = 0, failing_since = NULL, trips = 0, open_until = NULL WHERE endpoint_id = :endpoint_id
""")
_EXPIRE: Final = text("""
UPDATE endpoint_secret SET expires_at = :expires_at WHERE endpoint_id = :endpoint_id AND expires_at IS NULL
RETURNING version
""")
_KEEP_NEWEST: Final = text("""
DELETE FROM endpoint_secret WHERE endpoint_id = :endpoint_id AND id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY version ORDER BY created_at DESC, id DESC) AS place
        FROM endpoint_secret WHERE endpoint_id = :endpoint_id
    ) AS s WHERE place > :kept
)
""")
_CURRENT: Final = text("SELECT version FROM endpoint_secret WHERE endpoint_id = :endpoint_id AND expires_at IS NULL")
_FORGET_SECRETS: Final = text("DELETE FROM endpoint_secret WHERE endpoint_id = :endpoint_id")
_END_PENDING: Final = text("""
UPDATE delivery
SET status = CASE WHEN is_ping THEN 'failed' ELSE CAST(:status AS text) END, reason = :reason, settled_at = :now,
    blocked = false
WHERE endpoint_id = :endpoint_id AND status = ANY(CAST(:from AS text[]))
""")
_NOTHING_DUE: Final = text("UPDATE lane SET due_at = NULL WHERE endpoint_id = :endpoint_id")
_SECRETS_KEPT: Final = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An endpoint that may want an event, and since when it exists: what was recorded before is not sent to it."""

    filter: EndpointFilter
    created_at: datetime

    def wants(self, happening: Happening) -> bool:
        """Whether an event is due to this endpoint."""
        return happening.recorded_at >= self.created_at and self.filter.wants(happening)


async def candidates(
    conn: AsyncConnection, *, districts: Iterable[str], receivers: Iterable[UUID], everywhere: bool = False
) -> list[Candidate]:
    """Return the endpoints that may know of something in these districts and special bodies, and the receivers.

    With ``everywhere`` all of them: something happened that every unit may know of.
    """
    return [
        Candidate(
            EndpointFilter(
                endpoint_id=row.id,
                unit=row.unit,
                national=row.national,
                event_types=frozenset(row.event_types),
                units=frozenset(row.units),
                case_types=frozenset(row.case_types),
                themes=frozenset(row.themes),
            ),
            row.created_at,
        )
        for row in await conn.execute(
            _CANDIDATES,
            {"districts": sorted(set(districts)), "receivers": sorted(set(receivers)), "everywhere": everywhere},
        )
    ]


async def count(conn: AsyncConnection, *, unit: str, subject: str | None) -> int:
    """Return how many endpoints a unit has, or one service of it."""
    query = select(func.count()).where(endpoint.c.unit == unit, endpoint.c.deleted_at.is_(None))
    if subject is not None:
        query = query.where(endpoint.c.owner == subject)
    return int((await conn.execute(query)).scalar_one())


async def owned(conn: AsyncConnection, owner: Owner, *, endpoint_id: UUID) -> bool:
    """Whether an endpoint is one of the owner's."""
    query = select(endpoint.c.id).where(endpoint.c.id == endpoint_id, visible_endpoints(owner))
    return (await conn.execute(query)).one_or_none() is not None


async def insert(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Add an endpoint and its lane."""
    await conn.execute(endpoint.insert().values(**values))
    await conn.execute(lane.insert().values(endpoint_id=values["id"], last_sequence=0))


async def advance(conn: AsyncConnection, *, endpoint_id: UUID, version: int, now: datetime) -> int | None:
    """Lock an endpoint and count its version up; None when it is no longer at ``version``."""
    bind = {"id": endpoint_id, "version": version, "now": now}
    found: int | None = (await conn.execute(_ADVANCE, bind)).scalar_one_or_none()
    return found


async def touch(conn: AsyncConnection, *, endpoint_id: UUID, now: datetime) -> int | None:
    """Lock an endpoint and count its version up, whatever it was; None when it is deleted."""
    found: int | None = (await conn.execute(_TOUCH, {"id": endpoint_id, "now": now})).scalar_one_or_none()
    return found


async def update(conn: AsyncConnection, *, endpoint_id: UUID, values: Mapping[str, Any]) -> None:
    """Change columns of an endpoint that the transaction has locked."""
    if values:
        await conn.execute(endpoint.update().where(endpoint.c.id == endpoint_id).values(**values))


async def switch_off(conn: AsyncConnection, *, endpoint_id: UUID, reason: str, now: datetime) -> bool:
    """Disable an endpoint for a reason that is not its owner's wish; false when it was off already."""
    return (await conn.execute(_SWITCH_OFF, {"id": endpoint_id, "reason": reason, "now": now})).rowcount == 1


async def prove(conn: AsyncConnection, *, endpoint_id: UUID, now: datetime) -> None:
    """Note that somebody who answers for an endpoint wants it still."""
    await conn.execute(_PROVE, {"id": endpoint_id, "now": now})


async def unit_and_version(conn: AsyncConnection, endpoint_id: UUID) -> tuple[str, int]:
    """Return whose endpoint it is, and its version."""
    row = (await conn.execute(_SIGNED_UP, {"id": endpoint_id})).one()
    return row.unit, row.version


async def forget_failures(conn: AsyncConnection, *, endpoint_id: UUID) -> None:
    """Let everything go to an endpoint again, which is changed or switched on."""
    await conn.execute(_FRESH_CIRCUIT, {"endpoint_id": endpoint_id})


async def add_secret(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Add the secret or key that signs from now on."""
    await conn.execute(endpoint_secret.insert().values(**values, expires_at=None))


async def current_versions(conn: AsyncConnection, *, endpoint_id: UUID) -> frozenset[str]:
    """Return the kinds of signature that an endpoint has a secret or key for."""
    return frozenset((await conn.execute(_CURRENT, {"endpoint_id": endpoint_id})).scalars())


async def expire_secrets(conn: AsyncConnection, *, endpoint_id: UUID, expires_at: datetime) -> frozenset[str]:
    """Let what signs now sign along until a moment, and return its kinds; of those before, the two newest go on too."""
    expired = await conn.execute(_EXPIRE, {"endpoint_id": endpoint_id, "expires_at": expires_at})
    await conn.execute(_KEEP_NEWEST, {"endpoint_id": endpoint_id, "kept": _SECRETS_KEPT})
    return frozenset(expired.scalars())


async def forget_secrets(conn: AsyncConnection, *, endpoint_id: UUID) -> None:
    """Remove all secrets of an endpoint."""
    await conn.execute(_FORGET_SECRETS, {"endpoint_id": endpoint_id})


async def end_pending(
    conn: AsyncConnection, *, endpoint_id: UUID, reason: Reason, now: datetime, deleted: bool = False
) -> None:
    """Move what waits in a locked lane to the dead letters; with ``deleted`` cancel it, the dead letters too."""
    bind = {
        "endpoint_id": endpoint_id,
        "status": "cancelled" if deleted else "dead",
        "from": ["pending", "dead"] if deleted else ["pending"],
        "reason": reason.value,
        "now": now,
    }
    await conn.execute(_END_PENDING, bind)
    await conn.execute(_NOTHING_DUE, {"endpoint_id": endpoint_id})
