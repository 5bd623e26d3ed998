"""Reference data as it is shown: municipalities with their district, and methods with their steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import BindParameter, RowMapping, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import code_retirement, method, method_step, municipality, municipality_unit

_m: Final = municipality.c
_u: Final = municipality_unit.c
_DAY: Final[BindParameter[date]] = bindparam("day")
_MUNICIPALITIES: Final = (
    select(
        _m.number,
        _m.name,
        _m.county_number,
        _m.county,
        _u.unit,
        _m.valid_from,
        _m.valid_to,
        _u.assumption.is_not(None).label("unit_assumed"),
    )
    .outerjoin_from(
        municipality,
        municipality_unit,
        and_(_u.number == _m.number, _u.valid_from <= _DAY, or_(_u.valid_to.is_(None), _u.valid_to > _DAY)),
    )
    .where(_m.valid_from <= _DAY, or_(_m.valid_to.is_(None), _m.valid_to > _DAY))
    .order_by(_m.number)
)
_STEP: Final[Any] = aggregate_order_by(
    func.jsonb_build_object(
        "code", method_step.c.step,
        "mandatory", method_step.c.mandatory,
        "name_nb", method_step.c.name_nb,
        "name_en", method_step.c.name_en,
    ),
    method_step.c.position,
)  # fmt: skip
_METHODS: Final = (
    select(
        method.c.code,
        method.c.version,
        method.c.name_nb,
        method.c.name_en,
        method.c.valid_from,
        method.c.retired_from,
        func.jsonb_agg(_STEP, type_=JSONB).label("steps"),
    )
    .join_from(
        method,
        method_step,
        and_(method_step.c.method_code == method.c.code, method_step.c.method_version == method.c.version),
    )
    .group_by(method.c.code, method.c.version)
    .order_by(method.c.code, method.c.version)
)


async def list_municipalities(conn: AsyncConnection, *, day: date) -> Sequence[RowMapping]:
    """Return the municipalities of a day with the district that each belonged to."""
    return (await conn.execute(_MUNICIPALITIES, {"day": day})).mappings().all()


async def list_retired_codes(conn: AsyncConnection) -> dict[str, dict[str, date]]:
    """Return from which day each retired code is taken no more, by list and code."""
    found: dict[str, dict[str, date]] = {}
    for row in await conn.execute(select(code_retirement).order_by(code_retirement.c.list, code_retirement.c.code)):
        found.setdefault(row.list, {})[row.code] = row.retired_from
    return found


async def list_methods(conn: AsyncConnection) -> Sequence[RowMapping]:
    """Return every version of every national method."""
    return (await conn.execute(_METHODS)).mappings().all()
