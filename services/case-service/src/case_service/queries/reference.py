"""Reference data as it is shown: units, municipalities with their district, and methods with their steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import BindParameter, RowMapping, and_, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.pilots import Pilots
from case_service.store import pilots
from case_service.store.reference import retired_codes
from case_service.tables import method, method_step, municipality, municipality_unit, unit

Rows = Sequence[RowMapping]


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
_HISTORY: Final = (
    select(
        *_m,
        _u.unit,
        _u.valid_from.label("unit_from"),
        _u.valid_to.label("unit_to"),
        _u.assumption.is_not(None).label("unit_assumed"),
    )
    .outerjoin_from(municipality, municipality_unit, _u.number == _m.number)
    .where(_m.number == bindparam("number"))
    .order_by(_u.valid_from)
)
_UNITS: Final = select(unit).order_by(
    # Districts first, as people list them; operational units below.
    case({"district": 0, "special_body": 1, "directorate": 2}, value=unit.c.kind, else_=3),
    unit.c.id,
)
_UNITS_OF_A_DAY: Final = _UNITS.where(unit.c.valid_from <= _DAY, or_(unit.c.valid_to.is_(None), unit.c.valid_to > _DAY))
_STEP: Final[Any] = aggregate_order_by(
    func.jsonb_build_object(
        "code", method_step.c.step,
        "mandatory", method_step.c.mandatory,
        "name_nb", method_step.c.name_nb,
        "name_en", method_step.c.name_en,
    ),
    method_step.c.position,
)  # fmt: skip
_later: Final = method.alias("later")
_NEXT: Final = (
    select(func.min(_later.c.valid_from))
    .where(_later.c.code == method.c.code, _later.c.version > method.c.version)
    .scalar_subquery()
)
_METHODS: Final = (
    select(
        method.c.code,
        method.c.version,
        method.c.name_nb,
        method.c.name_en,
        method.c.valid_from,
        func.least(_NEXT, method.c.retired_from).label("valid_to"),
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


async def list_municipalities(conn: AsyncConnection, *, day: date) -> Rows:
    """Return the municipalities of a day with the district that each belonged to."""
    return (await conn.execute(_MUNICIPALITIES, {"day": day})).mappings().all()


async def history_of(conn: AsyncConnection, *, number: str) -> Rows:
    """Return a municipality, one row for each district that it belonged to, the first before the last."""
    return (await conn.execute(_HISTORY, {"number": number})).mappings().all()


async def list_units(conn: AsyncConnection, *, day: date | None) -> Rows:
    """Return the units of a day, or every unit."""
    if day is None:
        return (await conn.execute(_UNITS)).mappings().all()
    return (await conn.execute(_UNITS_OF_A_DAY, {"day": day})).mappings().all()


async def list_retired_codes(conn: AsyncConnection) -> dict[str, dict[str, date]]:
    """Return from which day each retired code is taken no more, by list and code."""
    return await retired_codes(conn)


async def list_pilots(conn: AsyncConnection) -> Pilots:
    """Return which types of case are pilots, and who takes part in a programme that opens them."""
    return await pilots.load(conn)


async def list_methods(conn: AsyncConnection) -> Rows:
    """Return every version of every national method."""
    return (await conn.execute(_METHODS)).mappings().all()
