"""The fence: no version that anybody may have read is given to another change after a restore.

Each aggregate that has lost versions is raised to the last of them, and an event that changes nothing takes the place
of each, so that versions stay without a gap. Clients that still hold a state from before get 412 for it, and readers
drop nothing that is new. It is done as the owner of the tables, while no process of the service runs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_contracts import EVENT_TYPES, Event
from forkant_contracts.envelope import EventData
from forkant_contracts.events.recovery import VersionSkippedEvent
from forkant_contracts.units import DIRECTORATE
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.audit.record import Actor, Entry, write
from forkant_kit.db import database_now, transaction
from forkant_kit.outbox import append_events
from forkant_kit.parked_desk import OPERATOR
from forkant_kit.recovery.lost import Lost, Published
from forkant_kit.rls.schema import SYSTEM_ON

SKIP: Final = "recovery.skip_versions"
"""The action under which the audit trail has it."""

_SKIPPED: Final[Mapping[str, type[EventData]]] = {
    model.TOPIC: model for model in EVENT_TYPES.values() if issubclass(model, VersionSkippedEvent)
}
_RUNS: Final = text("""
SELECT count(*) FROM relay_member WHERE seen_at > clock_timestamp() - interval '10 seconds'
""")


class StillRunningError(RuntimeError):
    """A worker of the service runs; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where a kind of aggregate counts its versions.

    ``raise_to`` is an UPDATE of the row ``:id`` to ``:version``, if that is more than it has, which returns the version
    that it had.
    """

    kind: str
    topic: str
    raise_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """What the fence did: versions skipped by aggregate, and the aggregates that the database no longer knows."""

    skipped: Mapping[UUID, Sequence[int]]
    unknown: Sequence[UUID]


async def require_stopped(conn: AsyncConnection) -> None:
    """Refuse to work beside a running worker, whose relay would publish what is being mended.

    Raises:
        StillRunningError: one was seen within the last ten seconds.
    """
    if (await conn.execute(_RUNS)).scalar_one():
        raise StillRunningError("a worker of the service runs, or did ten seconds ago: stop it, and the API too")


async def fence(
    engine: AsyncEngine,
    lost: Lost,
    *,
    service: str,
    counters: Iterable[Counter],
    by: str,
    new_id: Callable[[], UUID],
) -> Fenced:
    """Raise every aggregate of the lost events above all versions that were published; repeating it changes nothing.

    Args:
        engine: the service's database as the owner of its tables.
        lost: what Kafka has and the archive has not.
        service: whose database it is.
        counters: where it counts versions.
        by: who does it; it is kept in the audit trail.
        new_id: makes ids of events.

    Raises:
        StillRunningError: see there.
        sqlalchemy.exc.SQLAlchemyError: the database failed; what was done stays, and repeating is harmless.
    """
    async with transaction(engine) as conn:
        await require_stopped(conn)
    known = list(counters)
    skipped: dict[UUID, Sequence[int]] = {}
    unknown: list[UUID] = []
    for aggregate, events in lost.aggregates.items():
        async with transaction(engine) as conn:
            await conn.execute(text(SYSTEM_ON))
            raised = await _raise(conn, events[-1], known)
            if raised is None:
                unknown.append(aggregate)
                continue
            kind, before = raised
            versions = list(range(before + 1, events[-1].version + 1))
            if not versions:
                continue
            now = await database_now(conn)
            await append_events(conn, [_filler(events, each, service, now, new_id()) for each in versions])
            await _record(conn, kind, aggregate, versions[-1], by=by)
            skipped[aggregate] = versions
    return Fenced(skipped=skipped, unknown=unknown)


async def _raise(conn: AsyncConnection, last: Published, counters: Sequence[Counter]) -> tuple[str, int] | None:
    """Raise the aggregate to the last lost version; return its kind and the version that it had, None of none."""
    for counter in counters:
        if counter.topic != last.topic:
            continue
        bind = {"id": last.aggregate_id, "version": last.version}
        before = (await conn.execute(text(counter.raise_to), bind)).scalar_one_or_none()
        if before is not None:
            return counter.kind, int(before)
    return None


def _filler(events: Sequence[Published], version: int, service: str, at: datetime, event_id: UUID) -> Event:
    unit = next((each.unit for each in events if each.version == version), events[-1].unit)
    fields: dict[str, Any] = {
        "id": event_id,
        "source": f"urn:forkant:{service}",
        "aggregate_id": events[-1].aggregate_id,
        "aggregate_version": version,
        "unit": unit,
        "occurred_at": at,
        "recorded_at": at,
        "data": _SKIPPED[events[-1].topic](),
    }
    return Event(**fields)


async def _record(conn: AsyncConnection, kind: str, aggregate: UUID, version: int, *, by: str) -> None:
    actor = Actor(subject=by, client_id="recovery", unit=DIRECTORATE, roles=(OPERATOR,))
    await write(conn, actor, Entry(action=SKIP, object_kind=kind, object_ids=[aggregate], version=version))
