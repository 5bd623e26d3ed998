"""For which units something can be steered, and until when: as long as they are there."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.register import KnownUnit, Register
from indicator_service.steering.context import Context
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.target_store import has_figures


async def check_there(conn: AsyncConnection, context: Context, unit: str) -> None:
    """Check that a unit is there today; one that nothing was told of yet is when something was counted in it.

    Raises:
        Refusal: ``unknown-unit``; ``unit-ended``, with the successors.
    """
    known = context.units.units.get(unit)
    if known is None:
        if not await has_figures(conn, unit):
            raise Refusal(Code.UNKNOWN_UNIT)
        return
    if not known.holds_cases:
        raise Refusal(Code.UNKNOWN_UNIT)
    if not known.there(context.today):
        raise Refusal(Code.UNIT_ENDED, successors=[*known.successors])


def until_unit_ends(rows: Sequence[Mapping[str, Any]], unit: str, units: Register) -> Sequence[Mapping[str, Any]]:
    """Return versions of what a unit is to reach or plans, none in force longer than the unit is there.

    What would have begun afterwards was never in force. The rows stay as they were decided about.
    """
    known = units.units.get(unit)
    last = None if known is None else known.valid_until
    if last is None:
        return rows
    return [
        {**row, "last_day": min(row["last_day"] or last, last)}
        if row["first_day"] is not None and row["first_day"] <= last
        else {**row, "first_day": None, "last_day": None}
        for row in rows
    ]


def taking_part_until(rows: Sequence[Mapping[str, Any]], units: Register) -> Sequence[Mapping[str, Any]]:
    """Return enrolments, none longer than its unit is there, with the units that the work of one that ended went to.

    One that ends before it begins never was.
    """
    ended = {unit.id: unit for unit in units.units.values() if unit.valid_until is not None}
    return [_until(row, ended.get(row["unit"])) for row in rows]


def _until(row: Mapping[str, Any], ended: KnownUnit | None) -> Mapping[str, Any]:
    last = None if ended is None else ended.valid_until
    if ended is None or last is None:
        return {**row, "unit_ended_on": None, "successors": ()}
    held = min(row["last_day"] or last, last)
    return {**row, "last_day": held, "unit_ended_on": last, "successors": tuple(sorted(ended.successors))}
