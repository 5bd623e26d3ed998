"""Where people are reached, and what their own tokens said of them last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.letters import Reason

_PROVE: Final = text("""
INSERT INTO person_standing AS s (person, unit, roles, clearance, proven_at)
SELECT CAST(:person AS text), CAST(:unit AS text), CAST(:roles AS text[]), CAST(:clearance AS int),
       CAST(:now AS timestamptz)
WHERE CAST(:first AS boolean) OR EXISTS (SELECT FROM contact WHERE person = :person)
ON CONFLICT (person) DO UPDATE
SET unit = EXCLUDED.unit, roles = EXCLUDED.roles, clearance = EXCLUDED.clearance, proven_at = EXCLUDED.proven_at,
    lapsed_from = CASE WHEN s.proven_at < :lapsed THEN s.proven_at + (EXCLUDED.proven_at - :lapsed)
                       ELSE s.lapsed_from END,
    lapsed_until = CASE WHEN s.proven_at < :lapsed THEN EXCLUDED.proven_at ELSE s.lapsed_until END
WHERE s.proven_at < :stale OR s.unit <> EXCLUDED.unit OR s.roles <> EXCLUDED.roles OR s.clearance <> EXCLUDED.clearance
""")
_FORGET: Final = text("DELETE FROM person_standing WHERE person = :person")
_CONTACTS: Final = text("""
SELECT channel, address, confirmed_at, code, code_until, code_tries FROM contact
WHERE person = :person ORDER BY channel FOR UPDATE
""")
_PUT: Final = text("""
INSERT INTO contact (person, channel, address, confirmed_at, code, code_until, code_tries, updated_at)
VALUES (:person, :channel, :address, NULL, :code, :until, 0, :now)
ON CONFLICT (person, channel) DO UPDATE
SET address = EXCLUDED.address, confirmed_at = NULL, code = EXCLUDED.code, code_until = EXCLUDED.code_until,
    code_tries = 0, updated_at = EXCLUDED.updated_at, doubted_at = NULL, doubt = NULL
""")
_REMOVE: Final = text("DELETE FROM contact WHERE person = :person AND channel <> ALL(CAST(:kept AS text[]))")
_CONFIRM: Final = text("""
UPDATE contact SET confirmed_at = :now, code = NULL, code_until = NULL, code_tries = 0, doubted_at = NULL, doubt = NULL
WHERE person = :person AND channel = :channel
""")
_TRIED: Final = text("UPDATE contact SET code_tries = code_tries + 1 WHERE person = :person AND channel = :channel")
_DOUBT: Final = text("""
UPDATE contact SET confirmed_at = NULL, doubted_at = :now, doubt = :reason
WHERE person = :person AND channel = :channel AND updated_at <= :since AND confirmed_at <= :since
""")
_CONFIRMED: Final = text("SELECT confirmed_at FROM contact WHERE person = :person AND channel = :channel FOR UPDATE")
_SOFT_DAYS: Final = text("""
SELECT count(DISTINCT CAST(returned_at AT TIME ZONE 'Europe/Oslo' AS date)) FROM letter
WHERE person = :person AND channel = :channel AND returned_at > :since AND status = 'delivered'
  AND settled_at >= :confirmed
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a person's own token says of them now."""

    person: str
    unit: str
    roles: tuple[str, ...]
    clearance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address of a person, sealed, and the code that is to confirm it, sealed too."""

    channel: str
    address: bytes
    confirmed_at: datetime | None
    code: bytes | None
    code_until: datetime | None
    code_tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """A sealed address that is not confirmed, with the sealed code that was sent there."""

    channel: str
    address: bytes
    code: bytes
    code_until: datetime


async def prove(
    conn: AsyncConnection, proof: Proof, *, now: datetime, stale: datetime, lapsed: datetime, first: bool = False
) -> None:
    """Keep what a token says of a person who has an address; of others nothing is kept.

    Args:
        conn: the connection.
        proof: what the token says.
        now: when it says so.
        stale: what was proven before this is written anew, so that not each request writes.
        lapsed: what was proven before this counted no longer, which is kept to be told.
        first: the person is about to have an address.
    """
    bind = {
        "person": proof.person,
        "unit": proof.unit,
        "roles": list(proof.roles),
        "clearance": proof.clearance,
        "now": now,
        "stale": stale,
        "lapsed": lapsed,
        "first": first,
    }
    await conn.execute(_PROVE, bind)


async def forget(conn: AsyncConnection, *, person: str) -> None:
    """Forget what tokens said of a person, who has no address any more."""
    await conn.execute(_FORGET, {"person": person})


async def contacts(conn: AsyncConnection, *, person: str) -> list[Contact]:
    """Return the addresses of a person, and keep them as they are until the transaction ends."""
    rows = await conn.execute(_CONTACTS, {"person": person})
    return [_contact(row) for row in rows]


def _contact(row: Any) -> Contact:
    return Contact(
        channel=row.channel,
        address=bytes(row.address),
        confirmed_at=row.confirmed_at,
        code=None if row.code is None else bytes(row.code),
        code_until=row.code_until,
        code_tries=row.code_tries,
    )


async def put(conn: AsyncConnection, *, person: str, new: NewAddress, now: datetime) -> None:
    """Give a person an address over a channel in place of the one before."""
    bind = {
        "person": person,
        "channel": new.channel,
        "address": new.address,
        "code": new.code,
        "until": new.code_until,
        "now": now,
    }
    await conn.execute(_PUT, bind)


async def keep_only(conn: AsyncConnection, *, person: str, channels: Collection[str]) -> None:
    """Remove the addresses of other channels than these."""
    await conn.execute(_REMOVE, {"person": person, "kept": sorted(channels)})


async def confirm(conn: AsyncConnection, *, person: str, channel: str, now: datetime) -> None:
    """Note that an address is the person's."""
    await conn.execute(_CONFIRM, {"person": person, "channel": channel, "now": now})


async def count_try(conn: AsyncConnection, *, person: str, channel: str) -> None:
    """Count a wrong code."""
    await conn.execute(_TRIED, {"person": person, "channel": channel})


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why an address is no longer believed in; ``since`` is when it was written to, ``now`` when that was known."""

    reason: Reason
    since: datetime
    now: datetime


async def doubt(conn: AsyncConnection, *, person: str, channel: str, doubt: Doubt) -> None:
    """Take an address for unconfirmed, unless it was given or confirmed after it was written to."""
    bind = {"person": person, "channel": channel, "since": doubt.since, "now": doubt.now, "reason": doubt.reason.value}
    await conn.execute(_DOUBT, bind)


async def days_of_soft_bounces(conn: AsyncConnection, *, person: str, channel: str, since: datetime) -> int:
    """Return on how many Norwegian days letters to a confirmed address came back for now, and lock the address.

    The lock lets two workers count one after the other, so that neither misses what the other noted.
    """
    bind = {"person": person, "channel": channel}
    confirmed = (await conn.execute(_CONFIRMED, bind)).scalar_one_or_none()
    if confirmed is None:
        return 0
    return int((await conn.execute(_SOFT_DAYS, {**bind, "since": since, "confirmed": confirmed})).scalar_one())
