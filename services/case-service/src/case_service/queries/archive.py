"""Events of a case as the archive has them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, RowMapping, Select, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.timeline import Event
from case_service.tables import event_archive

CASE_ID: Final = bindparam("case_id", type_=Uuid)
_e: Final = event_archive.c


def of_case(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """Return the statement for events of the case ``case_id`` in their order."""
    columns = (_e.aggregate_version, _e.type, _e.unit, _e.occurred_at, _e.recorded_at, _e.data)
    return select(*columns).where(_e.aggregate_id == CASE_ID, *conditions).order_by(_e.aggregate_version)


_SINCE: Final = of_case(_e.aggregate_version > bindparam("after", type_=Integer))


async def events_since(conn: AsyncConnection, case_id: UUID, version: int) -> Sequence[Event]:
    """Return the events of a case after a version; who may see them is for the caller to ask before."""
    rows = await conn.execute(_SINCE, {"case_id": case_id, "after": version})
    return [event_of(row) for row in rows.mappings()]


def event_of(row: RowMapping) -> Event:
    """Return an event as the domain reads it."""
    return Event(
        version=row["aggregate_version"],
        code=row["type"].removeprefix("no.forkant.").rpartition(".v")[0],
        unit=row["unit"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        facts=row["data"],
    )
