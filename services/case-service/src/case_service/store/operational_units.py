"""Operational units: written by functions of the owner's, for the district that a transaction acts for."""

from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.operational_units import Names
from case_service.tables import unit

_ADD: Final = text("SELECT add_operational_unit(:id, :slug, :name_nb, :name_nn, :name_en, :begins, :ends)")
_CHANGE: Final = text("SELECT change_operational_unit(:id, :seen, :name_nb, :name_nn, :name_en, :ends)")


async def find(conn: AsyncConnection, which: UUID, *, district: str) -> RowMapping | None:
    """Return an operational unit of a district, ended ones too."""
    query = select(unit).where(unit.c.uid == which, unit.c.parent == district)
    return (await conn.execute(query)).mappings().one_or_none()


async def add(conn: AsyncConnection, which: UUID, *, slug: str, names: Names, begins: date, ends: date | None) -> str:
    """Add one below the district that the transaction acts for, and return what came of it.

    ``not there``: the district is not, on all its days; ``exists``: one is or was called so; else ``added``.
    """
    values: dict[str, Any] = {"id": which, "slug": slug, "begins": begins, "ends": ends, **asdict(names)}
    return str((await conn.execute(_ADD, values)).scalar_one())


async def change(conn: AsyncConnection, which: UUID, *, seen: int, names: Names, ends: date | None) -> int | None:
    """Write one anew and return its version; nothing, when it changed since it was read."""
    values = {"id": which, "seen": seen, "ends": ends, **asdict(names)}
    version: int | None = (await conn.execute(_CHANGE, values)).scalar_one()
    return version
