"""For which units something can be steered: those that are there today."""

from sqlalchemy.ext.asyncio import AsyncConnection

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
