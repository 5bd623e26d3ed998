"""Which cases left which unit, so that the unit's feed of changes can say that they are gone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store.cases import THIS_TRANSACTION
from case_service.tables import case_departure


async def move(
    conn: AsyncConnection, *, case_id: UUID, from_unit: str, to_unit: str, version: int, lowest_level: int, at: datetime
) -> None:
    """Write that a case left one unit and is back or new at another."""
    await conn.execute(
        delete(case_departure).where(case_departure.c.case_id == case_id, case_departure.c.unit == to_unit)
    )
    left = {"version": version, "lowest_level": lowest_level, "departed_at": at, "change_xid": THIS_TRANSACTION}
    await conn.execute(
        upsert(case_departure)
        .values(case_id=case_id, unit=from_unit, **left)
        .on_conflict_do_update(index_elements=["case_id", "unit"], set_=left)
    )
