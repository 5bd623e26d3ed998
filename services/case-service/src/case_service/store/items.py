"""The items of a case, which come and change one by one: measures, follow-ups, partners, offers and notes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from forkant_contracts.codes import CancelReason
from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.standing import MeasureState, TransferState
from case_service.store import words
from case_service.tables import case_note, follow_up, measure, measure_step, partner, transfer
from case_service.texts import sealed
from case_service.words import CaseKey


async def insert_measure(conn: AsyncConnection, key: CaseKey, values: Mapping[str, object]) -> None:
    """Insert a planned measure."""
    await conn.execute(insert(measure).values(**sealed(key, measure, values)))
    await words.add(conn, key, measure, values)


async def update_measure(conn: AsyncConnection, measure_id: UUID, values: Mapping[str, object]) -> None:
    """Change a measure."""
    await conn.execute(update(measure).where(measure.c.id == measure_id).values(**values))


async def move_due_days(conn: AsyncConnection, days: Mapping[UUID, date]) -> None:
    """Write the days on which measures and follow-ups that stood still are due; ids are of the one or the other."""
    rows = [{"item_id": item, "day": day} for item, day in days.items()]
    for table in (measure, follow_up) if rows else ():
        moved = update(table).where(table.c.id == bindparam("item_id")).values(due_on=bindparam("day"))
        await conn.execute(moved, rows)


async def insert_step(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """Insert a step that was done."""
    await conn.execute(insert(measure_step).values(**values))


async def cancel_measures(conn: AsyncConnection, measure_ids: Sequence[UUID], *, at: datetime) -> None:
    """Cancel measures that end with their case."""
    if not measure_ids:
        return
    await conn.execute(
        update(measure)
        .where(measure.c.id.in_(measure_ids))
        .values(state=MeasureState.CANCELLED.value, cancelled_at=at, cancel_reason=CancelReason.CASE_CLOSED.value)
    )


async def insert_follow_up(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """Insert a scheduled follow-up."""
    await conn.execute(insert(follow_up).values(**values))


async def update_follow_up(
    conn: AsyncConnection, key: CaseKey, follow_up_id: UUID, values: Mapping[str, object]
) -> None:
    """Change a follow-up."""
    changed = sealed(key, follow_up, values, id=follow_up_id)
    await conn.execute(update(follow_up).where(follow_up.c.id == follow_up_id).values(**changed))
    await words.save(conn, key, follow_up, [{**values, "id": follow_up_id}])


async def insert_partner(conn: AsyncConnection, key: CaseKey, values: Mapping[str, object]) -> None:
    """Insert a partner that joined."""
    await conn.execute(insert(partner).values(**sealed(key, partner, values)))
    await words.add(conn, key, partner, values)


async def remove_partner(conn: AsyncConnection, partner_id: UUID, *, at: datetime) -> None:
    """Write when a partner left."""
    await conn.execute(update(partner).where(partner.c.id == partner_id).values(removed_at=at))


async def insert_transfer(conn: AsyncConnection, key: CaseKey, values: Mapping[str, object]) -> None:
    """Insert an offer to move a case."""
    await conn.execute(insert(transfer).values(**sealed(key, transfer, values)))
    await words.add(conn, key, transfer, values)


async def answer_transfer(
    conn: AsyncConnection, transfer_id: UUID, *, state: TransferState, by: str, at: datetime
) -> None:
    """Write the answer to an offer."""
    await conn.execute(
        update(transfer)
        .where(transfer.c.id == transfer_id)
        .values(state=state.value, revision=transfer.c.revision + 1, decided_by=by, decided_at=at)
    )


async def insert_note(conn: AsyncConnection, key: CaseKey, values: Mapping[str, object]) -> None:
    """Insert what somebody wrote about a change."""
    await conn.execute(insert(case_note).values(**sealed(key, case_note, values)))
    await words.add(conn, key, case_note, values)
