"""What a reorganisation does when its day has come: units change, then open cases go with them, each by an event.

The worker's, as nobody asks for it. Each step is a transaction of its own that another worker, or the same after a
crash, finds done or does: units change once, and a case that has moved does not wait any more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts import EventData
from forkant_contracts.codes import TransferReason, UnitChange, UnitKindCode
from forkant_contracts.events.case import CaseTransferred
from forkant_contracts.events.catalogue import UnitChanged
from forkant_contracts.units import DIRECTORATE
from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.outbox import append_events
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.escalations import Round
from case_service.domain.moments import local_day
from case_service.domain.standing import ENDED_STATES
from case_service.domain.tasks import Course, TaskChanges, follow
from case_service.events import Stamp, about_tasks, stamped
from case_service.settings import SERVICE
from case_service.store import cases, erasure_batches, tasks
from case_service.store import reorganisations as store
from case_service.store.reorganisations import ChangedUnit
from case_service.store.units import kind_of_units

AT_A_TIME: Final = 100
"""How many cases or concerns one transaction moves."""


async def begin(conn: AsyncConnection, turn: Round, row: RowMapping) -> bool:
    """Let a reorganisation take effect: units, municipalities and substitutes; return whether it did.

    It waits for erasures that a unit which ends has asked for, since these act for that unit.
    """
    for unit in row["ends"]:
        if await erasure_batches.unfinished(conn, unit=unit):
            return False
    today = local_day(turn.now)
    changed = await store.take_effect(conn, row["id"], today=today, at=turn.now)
    kinds = await kind_of_units(conn)
    for unit in changed:
        data = await _told(conn, row, unit, kind=UnitKindCode(kinds[unit.id]))
        await append_events(conn, stamped(_stamp(turn, unit.uid, unit=DIRECTORATE, version=unit.version), [data]))
        entry = Entry(
            action="reorganisation.take_effect",
            object_kind="unit",
            object_ids=[unit.uid, row["id"]],
            version=unit.version,
        )
        await record(conn, _worker_of(DIRECTORATE), entry)
    return bool(changed)


async def move_cases(conn: AsyncConnection, turn: Round, reorganisation_id: UUID) -> int:
    """Move some cases to the units that they go to, and return how many.

    A case that somebody changes meanwhile waits for the next look.
    """
    found = await store.waiting(conn, reorganisation_id, limit=AT_A_TIME)
    return sum([await _move(conn, turn, reorganisation_id, case_id) for case_id in found])


async def take_offers_back(conn: AsyncConnection, turn: Round, reorganisation_id: UUID) -> int:
    """Take some offers to units that ended back, and return how many."""
    found = await store.offers(conn, reorganisation_id, limit=AT_A_TIME)
    return sum([await _take_back(conn, turn, reorganisation_id, case_id, offer) for case_id, offer in found])


async def move_concerns(conn: AsyncConnection, _turn: Round, reorganisation_id: UUID) -> int:
    """Let another unit answer for some concerns of units that ended, and return of how many."""
    moved = await store.move_concerns(conn, reorganisation_id, limit=AT_A_TIME)
    for unit in sorted({unit for _, unit in moved}):
        ids = [concern_id for concern_id, now_at in moved if now_at == unit]
        entry = Entry(action="concern.reorganise", object_kind="concern", object_ids=ids)
        await record(conn, _worker_of(unit), entry)
    return len(moved)


async def _told(conn: AsyncConnection, row: RowMapping, unit: ChangedUnit, *, kind: UnitKindCode) -> UnitChanged:
    gives = unit.id in row["from_units"]
    made = unit.id in {each["id"] for each in row["makes"]}
    goes_to = sorted({*row["successors"].values(), *row["municipalities"].values()})
    changes = (UnitChange.ENDED if unit.id in row["ends"] else UnitChange.LOST) if gives else None
    numbers = await store.municipalities_moved(conn, on=row["effective_on"], unit_id=unit.id, gained=not gives)
    return UnitChanged(
        changed_unit=unit.id,
        kind=kind,
        change=changes or (UnitChange.ESTABLISHED if made else UnitChange.GAINED),
        effective_on=row["effective_on"],
        reorganisation_id=row["id"],
        predecessors=() if gives else tuple(sorted(row["from_units"])),
        successors=tuple(goes_to) if gives else (),
        municipalities=tuple(numbers),
    )


async def _move(conn: AsyncConnection, turn: Round, which: UUID, case_id: UUID) -> bool:
    attempt = await conn.begin_nested()
    loaded = await cases.load_any(conn, case_id)
    stays = loaded.case.erased or loaded.case.merged or loaded.case.state in ENDED_STATES
    changes = TaskChanges() if stays else _without_offer(turn, loaded)
    events = 0 if stays else 1 + changes.events
    moved = await store.move(conn, which, case_id, seen=loaded.revision, events=events, by=SERVICE, at=turn.now)
    if moved is None:
        await attempt.rollback()
        return False
    unit, version = moved
    if not stays:
        transferred = CaseTransferred(from_unit=loaded.unit, reason=TransferReason.REORGANISATION)
        data: Sequence[EventData] = [transferred, *about_tasks(changes)]
        await append_events(conn, stamped(_stamp(turn, case_id, unit=unit, version=version), data))
        by = tasks.By(case_id=case_id, unit=unit, subject=SERVICE, at=turn.now)
        await tasks.write(conn, changes, by)
    await _record(conn, loaded, unit=unit, version=version)
    await attempt.commit()
    return True


async def _take_back(conn: AsyncConnection, turn: Round, which: UUID, case_id: UUID, offer_id: UUID) -> bool:
    attempt = await conn.begin_nested()
    loaded = await cases.load_any(conn, case_id)
    changes = _without_offer(turn, loaded)
    version = await store.revoke(
        conn, which, case_id, offer_id, seen=loaded.revision, events=changes.events, by=SERVICE, at=turn.now
    )
    if version is None:
        await attempt.rollback()
        return False
    told = stamped(_stamp(turn, case_id, unit=loaded.unit, version=version), about_tasks(changes))
    await append_events(conn, told)
    await tasks.write(conn, changes, tasks.By(case_id=case_id, unit=loaded.unit, subject=SERVICE, at=turn.now))
    await _record(conn, loaded, unit=loaded.unit, version=version, action="case.revoke_transfer", item_id=offer_id)
    await attempt.commit()
    return True


def _without_offer(turn: Round, loaded: cases.Loaded) -> TaskChanges:
    """Return what becomes of the tasks of a case when its open offer, if it has one, is taken back."""
    if loaded.case.offer is None or loaded.process_version is None:
        return TaskChanges()
    day = local_day(turn.now)
    course = Course(
        action=None,
        kinds=frozenset(),
        day=day,
        case_type=loaded.case_type,
        age_band=loaded.age_band,
        process=turn.procedures.of(loaded.process_version, day=day),
        calendar=turn.procedures.calendar,
        new_id=turn.new_id,
        held_on=loaded.held_on,
    )
    return follow(loaded.tasks, replace(loaded.case, offer=None), course)


async def _record(
    conn: AsyncConnection,
    loaded: cases.Loaded,
    *,
    unit: str,
    version: int,
    action: str = "case.reorganise",
    item_id: UUID | None = None,
) -> None:
    ids = [loaded.id] if item_id is None else [loaded.id, item_id]
    entry = Entry(action=action, object_kind="case", object_ids=ids, version=version, purpose=loaded.purpose_code)
    await record(conn, _worker_of(unit), entry)


def _stamp(turn: Round, aggregate_id: UUID, *, unit: str, version: int) -> Stamp:
    now: datetime = turn.now
    return Stamp(
        aggregate_id=aggregate_id, unit=unit, version=version, occurred_at=now, recorded_at=now, new_id=turn.new_id
    )


def _worker_of(unit: str) -> Actor:
    return Actor(subject=SERVICE, client_id=SERVICE, unit=unit, roles=())
