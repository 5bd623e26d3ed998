"""Reading the figures of a period for an answer: from one snapshot, written down before it is sent."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from forkant_kit.audit.record import Trail
from forkant_kit.db import transaction
from forkant_kit.freshness import Freshness, read_freshness
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import generations, queries, settled_store
from indicator_service.aggregation.calendar import SHOWN_TO_ALL, Period, day_of
from indicator_service.aggregation.figures import NOTHING_HIDDEN, Mask
from indicator_service.aggregation.months import masks_of_months, needed_to_hide
from indicator_service.aggregation.snapshot import Reader, Snapshot, take_snapshot, with_settled
from indicator_service.aggregation.structure import Structure, every_unit
from indicator_service.api.dependencies import Dependencies
from indicator_service.api.trail import figures_entry
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import READ_FIGURES
from indicator_service.queries_months import Asked, month_tallies
from indicator_service.row_security import stance
from indicator_service.steering.aims import Aims
from indicator_service.steering.aims_store import read_aims


async def read_snapshot(
    deps: Dependencies,
    reader: Reader,
    units: list[str] | None,
    period: Period,
    *,
    known_at: datetime | None,
    structure: Structure,
    trail: Trail,
    shows: Callable[[Snapshot], Sequence[UUID]],
    action: str = READ_FIGURES,
) -> tuple[Snapshot, Aims, Freshness]:
    """Read the figures of a period with what they stand under, and write down what is shown.

    Args:
        deps: the database and the definitions.
        reader: who asks.
        units: whose figures are needed, all of which the reader sees exactly; None: everybody's.
        period: what they are about.
        known_at: imported figures as they were known at a moment.
        structure: in which units they are told.
        trail: the record of the request.
        shows: the ids of what the answer shows; it may refuse what is not there.
        action: the policy's name for what the caller does.
    """
    async with transaction(deps.engine, stance(reader, units=units)) as conn:
        # Freshness first: the figures may then be newer than it says, never older.
        generation = await generations.live(conn)
        freshness = await read_freshness(conn, group=generations.group_of(generation))
        uncounted = await queries.uncounted_metrics(conn, generation=generation)
        found = await queries.tallies(
            conn, generation=generation, units=units, period=period, catalogue=deps.catalogue, known_at=known_at
        )
        shown = None
        hidden = NOTHING_HIDDEN if units is not None or reader.sees_all else None
        if hidden is None and period.kind == "month":
            hidden = await _hidden_in_month(conn, deps, period, structure, generation=generation)
        elif hidden is None and (shown := await settled_store.read(conn, deps.catalogue)) is not None:
            hidden = NOTHING_HIDDEN
        snapshot = take_snapshot(
            found,
            period=period,
            catalogue=deps.catalogue,
            rank=deps.rank,
            uncounted=uncounted,
            mask=hidden,
            structure=structure,
        )
        if shown is not None:
            snapshot = with_settled(snapshot, shown.settled)
        aims = await read_aims(conn, period=period, today=day_of(deps.now()))
        # Last, since the sealer waits for whoever has written and not yet committed.
        await trail.record(conn, figures_entry(shows(snapshot), action=action))
    return snapshot, aims, freshness


async def _hidden_in_month(
    conn: AsyncConnection, deps: Dependencies, period: Period, structure: Structure, *, generation: int
) -> Mask:
    """Choose what to hide of a month, which is part of more that is shown."""
    month, today = period.first_month, period.asked_on
    in_window, newest = needed_to_hide([], today=today)
    alone = not in_window <= month <= newest
    first, last = (month, month) if alone else (in_window, newest)
    asked = Asked(first=first, last=last, units=None, catalogue=deps.catalogue, today=today)
    found = await month_tallies(conn, asked, generation=generation)
    by_month = {each: every_unit(tallies, structure.register) for each, tallies in found.items()}
    kin = structure.register.kin
    return masks_of_months(by_month, catalogue=deps.catalogue, today=today, rank=deps.rank, kin=kin)[month]


def check_shown(period: Period, known_at: datetime | None, *, exact: bool) -> None:
    """Refuse what those may not ask for from whom small counts are hidden.

    Raises:
        Refusal: ``history-not-shown``, ``period-not-shown``.
    """
    if exact:
        return
    # Of two versions of a figure one may be shown and the other hidden: from both together the hidden one could follow.
    if known_at is not None:
        raise Refusal(Code.HISTORY_NOT_SHOWN)
    if period.kind not in SHOWN_TO_ALL:
        raise Refusal(Code.PERIOD_NOT_SHOWN)
