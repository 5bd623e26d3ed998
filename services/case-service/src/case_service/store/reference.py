"""Reference data that commands ask: methods and municipalities."""

from datetime import date
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.methods import Step
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Measure, Method
from case_service.tables import code_retirement, method, method_step

_LATEST: Final = (
    select(method.c.version, method.c.retired_from)
    .where(method.c.code == bindparam("code"), method.c.valid_from <= bindparam("day"))
    .order_by(method.c.version.desc())
    .limit(1)
)
_EXACT: Final = select(method.c.retired_from).where(
    method.c.code == bindparam("code"), method.c.version == bindparam("version")
)
_STEPS: Final = select(method_step.c.step, method_step.c.mandatory).where(
    method_step.c.method_code == bindparam("code"), method_step.c.method_version == bindparam("version")
)

_BY_CONSTRAINT: Final = {
    "case_municipality": Code.UNKNOWN_MUNICIPALITY,
    "concern_municipality": Code.UNKNOWN_MUNICIPALITY,
    "transfer_one_open": Code.TRANSFER_PENDING,
    "code_retired": Code.CODE_RETIRED,
    "case_link_once": Code.ALREADY_LINKED,
    "imported_once": Code.ALREADY_IMPORTED,
    "unit_is_there": Code.UNIT_NOT_THERE,
}


def refused_by_database(error: IntegrityError) -> Code | None:
    """Return why the database refused a change that a caller can put right, or nothing when it is our own fault."""
    name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    return _BY_CONSTRAINT.get(name) if isinstance(name, str) else None


async def retired_codes(conn: AsyncConnection) -> dict[str, dict[str, date]]:
    """Return from which day each retired code is taken no more, by list and code."""
    found: dict[str, dict[str, date]] = {}
    for row in await conn.execute(select(code_retirement).order_by(code_retirement.c.list, code_retirement.c.code)):
        found.setdefault(row.list, {})[row.code] = row.retired_from
    return found


async def steps_of(conn: AsyncConnection, measure: Measure) -> tuple[Step, ...]:
    """Return the steps of the method that a measure follows."""
    if measure.method is None:
        return ()
    params = {"code": measure.method.code, "version": measure.method.version}
    return tuple(Step(row.step, row.mandatory) for row in await conn.execute(_STEPS, params))


async def method_for(conn: AsyncConnection, *, kind: str, version: int | None, day: date) -> Method | None:
    """Return the version named, or the latest one that holds on a day; nothing for a kind without a method.

    Raises:
        Refusal: there is no such version, or the method was retired by that day.
    """
    if version is None:
        latest = (await conn.execute(_LATEST, {"code": kind, "day": day})).one_or_none()
        return None if latest is None or _is_retired(latest, day) else Method(kind, latest.version)
    exact = (await conn.execute(_EXACT, {"code": kind, "version": version})).one_or_none()
    if exact is None:
        raise Refusal(Code.UNKNOWN_METHOD)
    if _is_retired(exact, day):
        raise Refusal(Code.METHOD_RETIRED)
    return Method(kind, version)


def _is_retired(row: Any, day: date) -> bool:
    return row.retired_from is not None and row.retired_from <= day
