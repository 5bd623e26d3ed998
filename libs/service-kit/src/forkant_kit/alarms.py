"""Alarms: what those who run the platform must look after, told once when it begins and once when it is over.

Each alarm of a service is a row that keeps what was told last. A chore counts again and again and compares: what it
tells and what the row keeps change in one transaction under the row's lock, so that neither a worker that dies nor one
beside it tells twice. What grows tenfold is told again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import AlarmKind
from forkant_contracts.events.operations import AlarmEvent
from forkant_contracts.units import DIRECTORATE
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.outbox import append_events
from forkant_kit.rls.schema import Worker, for_worker, guard

ALARM_DDL: Final[tuple[str, ...]] = (
    """
    CREATE TABLE alarm (
        kind text PRIMARY KEY,
        id uuid NOT NULL UNIQUE,
        version integer NOT NULL DEFAULT 0 CHECK (version >= 0),
        amount bigint NOT NULL DEFAULT 0 CHECK (amount >= 0),
        told_at timestamptz
    )
    """,
    *guard("alarm", see="false", worker=Worker.WRITES),
    for_worker("REVOKE ALL ON alarm FROM {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON alarm TO {worker}"),
)
"""Statements that make the table in which a service keeps what it told."""

GROWN: Final = 10
"""How many times as many as were told of are told of again."""
MOST: Final = 10_000
"""The largest amount that is told."""

_KEEP: Final = text("INSERT INTO alarm (kind, id) VALUES (:kind, :id) ON CONFLICT (kind) DO NOTHING")
_LOCK: Final = text("SELECT amount FROM alarm WHERE kind = :kind FOR UPDATE")
_TELL: Final = text("""
UPDATE alarm SET version = version + 1, amount = :amount, told_at = clock_timestamp() WHERE kind = :kind
RETURNING id, version, told_at
""")
# A gap closes by itself most of the time: it counts after a minute, as what is lost does.
_PARKED: Final = text("""
SELECT count(DISTINCT coalesce(aggregate_id::text, id::text)) FROM parked_event
WHERE status = 'parked'
  AND (reason NOT IN ('gap', 'behind_parked') OR parked_at < clock_timestamp() - interval '1 minute')
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alarm that is to be told now, as its ``version``-th change."""

    id: UUID
    version: int
    raised: bool
    amount: int
    at: datetime


def is_news(told: int, amount: int) -> bool:
    """Return whether an amount is to be told, given the one that was told last; 0 means that nothing is wrong."""
    return (amount == 0) != (told == 0) or (told > 0 and amount >= GROWN * told)


async def changed(conn: AsyncConnection, kind: AlarmKind, amount: int, *, new_id: Callable[[], UUID]) -> Told | None:
    """Keep what is told of an alarm, and return it when it is news; the row is locked until the transaction ends."""
    amount = min(amount, MOST)
    await conn.execute(_KEEP, {"kind": kind.value, "id": new_id()})
    told: int = (await conn.execute(_LOCK, {"kind": kind.value})).scalar_one()
    if not is_news(told, amount):
        return None
    row = (await conn.execute(_TELL, {"kind": kind.value, "amount": amount})).one()
    return Told(id=row.id, version=row.version, raised=amount > 0, amount=amount, at=row.told_at)


async def tell(
    conn: AsyncConnection,
    kind: AlarmKind,
    amount: int,
    *,
    service: str,
    model: type[AlarmEvent],
    new_id: Callable[[], UUID],
) -> bool:
    """Publish an alarm when it is news, with its entry in the audit trail; return whether it was.

    Args:
        conn: the transaction that also keeps what was told.
        kind: what it is about.
        amount: how many are concerned now; 0 when nothing is wrong.
        service: whose it is.
        model: the service's own event.
        new_id: where ids come from.
    """
    told = await changed(conn, kind, amount, new_id=new_id)
    if told is None:
        return False
    event = Event(
        id=new_id(),
        source=f"urn:forkant:{service}",
        aggregate_id=told.id,
        aggregate_version=told.version,
        unit=DIRECTORATE,
        occurred_at=told.at,
        recorded_at=told.at,
        data=model(alarm=kind, raised=told.raised, amount=told.amount),
    )
    await append_events(conn, [event])
    entry = Entry(action="operations.tell_alarm", object_kind="alarm", object_ids=[told.id], version=told.version)
    await record(conn, Actor(subject=service, client_id=service, unit=DIRECTORATE, roles=()), entry)
    return True


async def parked(conn: AsyncConnection) -> int:
    """Return how many aggregates of this service's consumers wait, since an event of theirs could not be applied."""
    found: int = (await conn.execute(_PARKED)).scalar_one()
    return found
