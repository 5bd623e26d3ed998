"""Which cases came from another system, and what rows of an import are held against."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.importing import Known
from case_service.store import pilots
from case_service.store.batches import insert_columns
from case_service.store.reference import retired_codes
from case_service.tables import imported_case, municipality

_i: Final = imported_case.c
_ACT_FOR: Final = text("SELECT set_config('forkant.unit', :unit, true)")
_BEFORE: Final = select(_i.reference).where(
    _i.unit == bindparam("unit"),
    _i.source == bindparam("source"),
    _i.reference == func.any(bindparam("digests", type_=ARRAY(LargeBinary))),
)


async def known(conn: AsyncConnection) -> Known:
    """Return what rows are held against."""
    numbers = (await conn.execute(select(municipality.c.number))).scalars()
    return Known(municipalities=frozenset(numbers), retired=await retired_codes(conn), pilots=await pilots.load(conn))


async def act_for(conn: AsyncConnection, unit: str) -> None:
    """Say to the database that what follows in the transaction is done for a unit, as the caller may: its policies ask.

    A caller of a unit that holds cases acts for that unit alone; see :func:`case_service.domain.importing.unit_of`.
    """
    await conn.execute(_ACT_FOR, {"unit": unit})


async def before(conn: AsyncConnection, *, unit: str, source: str, digests: Sequence[bytes]) -> frozenset[bytes]:
    """Return which references of a source came before, to a unit."""
    found = await conn.execute(_BEFORE, {"unit": unit, "source": source, "digests": list(digests)})
    return frozenset(found.scalars())


async def keep(conn: AsyncConnection, *, unit: str, source: str, cases: Mapping[bytes, UUID]) -> None:
    """Keep which case each reference of a source became."""
    columns: dict[str, list[Any]] = {
        "unit": [unit] * len(cases),
        "source": [source] * len(cases),
        "reference": list(cases),
        "case_id": list(cases.values()),
    }
    await insert_columns(conn, {imported_case: columns})
