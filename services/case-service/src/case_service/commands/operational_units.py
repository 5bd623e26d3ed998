"""A district's lead adds, renames and ends operational units of the district."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context, Target
from case_service.domain.moments import local_day
from case_service.domain.operational_units import Names, check_days
from case_service.domain.refusals import Code, Refusal
from case_service.store import operational_units as store
from case_service.store.units import kind_of_units


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReceipt:
    """An operational unit after a command."""

    uid: UUID
    id: str
    version: int


async def add(
    conn: AsyncConnection, context: Context, *, slug: str, names: Names, begins: date, ends: date | None
) -> UnitReceipt:
    """Add an operational unit to the caller's district.

    Raises:
        Refusal: the caller's unit is no district or not there on these days, the days are past, or one is or was
            called so.
    """
    if (await kind_of_units(conn)).get(context.unit) != "district":
        raise Refusal(Code.NO_DISTRICT)
    check_days(begins=begins, ends=ends, today=local_day(context.now), new=True)
    made, unit_id = context.new_id(), f"{context.unit}/{slug}"
    found = await store.add(conn, made, slug=slug, names=names, begins=begins, ends=ends)
    if found == "exists":
        raise Refusal(Code.UNIT_EXISTS, units=[unit_id])
    if found != "added":
        raise Refusal(Code.UNIT_NOT_THERE)
    return await _recorded(conn, context, "unit.add", UnitReceipt(uid=made, id=unit_id, version=1))


async def change(
    conn: AsyncConnection, context: Context, target: Target, *, names: Names, ends: date | None
) -> UnitReceipt:
    """Write anew what an operational unit of the caller's district is called and when it ends.

    Raises:
        Refusal: the district has none such, it changed since it was read or has ended, or the day is past.
    """
    found = await store.find(conn, target.id, district=context.unit)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    today = local_day(context.now)
    if found["valid_to"] is not None and found["valid_to"] <= today:
        raise Refusal(Code.UNIT_NOT_THERE)
    check_days(begins=found["valid_from"], ends=ends, today=today, new=False)
    version = await store.change(conn, target.id, seen=target.revision, names=names, ends=ends)
    if version is None:
        raise Refusal(Code.STALE_VERSION)
    return await _recorded(conn, context, "unit.change", UnitReceipt(uid=target.id, id=found["id"], version=version))


async def _recorded(conn: AsyncConnection, context: Context, action: str, receipt: UnitReceipt) -> UnitReceipt:
    entry = Entry(action=action, object_kind="unit", object_ids=[receipt.uid], version=receipt.version)
    await context.trail.record(conn, entry)
    return receipt
