"""Judging the figures: after something changed, each watch is told how its value stands, and what it tells of is sent.

One transaction holds the look at the figures, what the watches keep, their events in the outbox and how far the figures
are judged. It begins with a lock on one row, so that however many workers there are, and however often one dies, each
crossing has one event: a transaction that was cut short has neither the event nor the band that the event tells of.

The values are the exact ones. A watch is told none that would be hidden from others for being small, since its event
would tell of a small count: of a share of few, or one with few on either side, nothing is heard until it is large
enough. That a value is hidden only to protect another unit's does not silence it: whoever is told of a unit's crossing
may see its figures.

Nothing is judged while the figures are behind: half of them, as in a rebuild, say nothing of where a value stands.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

import structlog
from forkant_contracts import Event
from forkant_kit.db import transaction
from forkant_kit.freshness import read_freshness
from forkant_kit.outbox import append_events
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations, queries
from indicator_service.aggregation.calendar import Period, day_of, parse_period
from indicator_service.aggregation.figure import IndicatorFigures
from indicator_service.aggregation.figures import figures_of, mask_of
from indicator_service.aggregation.register import Register
from indicator_service.aggregation.structure import Structure, every_unit
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import Catalogue, Metric
from indicator_service.steering import watch_metrics as metrics
from indicator_service.steering import watch_store
from indicator_service.steering.aims import Aims, Place
from indicator_service.steering.aims_store import read_aims
from indicator_service.steering.events import crossed
from indicator_service.steering.watch import AT_REST, Basis, step
from indicator_service.steering.watch_store import Round, Watch
from indicator_service.units import read_register

_LOOK_EVERY_S: Final = 0.5
_RETRY_S: Final = 1.0
MOST_BEHIND_S: Final = 30.0
"""How far behind figures may be, in seconds, that are judged all the same."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What judging takes: the database as the worker's role, the definitions, the clock and where ids come from."""

    engine: AsyncEngine
    catalogue: Catalogue
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]


async def keep_judging(judge: Judge, stop: asyncio.Event) -> None:
    """Judge the figures soon after something may have changed, until told to stop; a fault is tried again."""
    while not stop.is_set():
        pause = _LOOK_EVERY_S
        try:
            await judge_figures(judge)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            metrics.FAILURES.inc()
            _log.warning("figures_not_judged", error=type(error).__name__)
            pause = _RETRY_S
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def judge_figures(judge: Judge) -> int:
    """Tell every watch how its value stands, if anything changed since the last time; return how many crossed."""
    at = judge.now()
    today = day_of(at)
    definitions = _fingerprint(judge.catalogue, today)
    async with transaction(judge.engine) as conn:
        # First how far the changes go: the figures read after may hold more, which is then looked at once more.
        now = Round(sequence=(await queries.change_range(conn)).newest, day=today, definitions=definitions)
        if now == await watch_store.last_round(conn):
            return 0
        before = await watch_store.take_round(conn)
        generation = await generations.live(conn)
        if before in (None, now) or not await _is_fresh(conn, generation):
            return 0
        told = await _tell(conn, judge, generation=generation, at=at, today=today)
        await watch_store.finish_round(conn, now)
    metrics.CROSSINGS.inc(told)
    return told


async def _is_fresh(conn: AsyncConnection, generation: int) -> bool:
    behind = (await read_freshness(conn, group=generations.group_of(generation))).seconds_behind
    return behind is not None and behind <= MOST_BEHIND_S


async def _tell(conn: AsyncConnection, judge: Judge, *, generation: int, at: datetime, today: date) -> int:
    watches = await watch_store.load_watches(conn)
    uncounted = await queries.uncounted_metrics(conn, generation=generation)
    register = await read_register(conn)
    changed: list[Watch] = []
    events: list[Event] = []
    for kind in ("rolling_12", "month"):
        period = _current(kind, today)
        aims = await read_aims(conn, period=period, today=today)
        if not any(place[2] == kind for place in (*aims.targets, *watches)):
            continue
        tallies = await queries.tallies(
            conn, generation=generation, units=None, period=period, catalogue=judge.catalogue
        )
        for place, figures in _figures(tallies, judge.catalogue, period, uncounted, register):
            watch = watches.get(place) or Watch(id=judge.new_id(), version=0, place=place, watched=AT_REST)
            after, event = _told(watch, figures, aims, period=period, at=at, new_id=judge.new_id)
            if after != watch:
                changed.append(after)
            if event is not None:
                events.append(event)
    await watch_store.save_watches(conn, changed)
    await append_events(conn, events)
    return len(events)


def _told(
    watch: Watch,
    figures: IndicatorFigures,
    aims: Aims,
    *,
    period: Period,
    at: datetime,
    new_id: Callable[[], UUID],
) -> tuple[Watch, Event | None]:
    aim = aims.aim(watch.place[0], figures, period.kind)
    limits = None if aim is None else aim.limits(figures.direction)
    basis = None
    if aim is not None and limits is not None:
        basis = Basis(
            target_id=aim.target_id, target_version=aim.version, definition_version=figures.definition_version
        )
    watched, crossing = step(watch.watched, limits=limits, basis=basis, value=figures.value.value, today=day_of(at))
    if crossing is None or basis is None or limits is None:
        return replace(watch, watched=watched), None
    event = crossed(watch, crossing, basis=basis, direction=limits.direction, period=period, at=at, new_id=new_id)
    return replace(watch, watched=watched, version=event.aggregate_version), event


def _figures(
    by_unit: Mapping[str, Tally],
    catalogue: Catalogue,
    period: Period,
    uncounted: frozenset[Metric],
    register: Register,
) -> Iterator[tuple[Place, IndicatorFigures]]:
    tallies = every_unit(by_unit, register)
    nation = sum_of(tallies.values())
    # Of a unit that ended nothing is to be reached any more.
    there = {
        unit: tally
        for unit, tally in tallies.items()
        if not register.knows(unit) or unit in register.on(period.asked_on)
    }
    for unit, tally in {**there, NATIONAL: nation}.items():
        # Alone, so that only what is small itself is hidden.
        mask = mask_of({unit: tally}, catalogue=catalogue, period=period, rank=str.encode)
        found = figures_of(
            unit,
            tally,
            catalogue=catalogue,
            period=period,
            mask=mask,
            uncounted=uncounted,
            structure=Structure(register=register),
        )
        for figures in found.indicators:
            yield (unit, figures.number, period.kind), figures


def _current(kind: str, today: date) -> Period:
    return parse_period("rolling_12" if kind == "rolling_12" else f"{today:%Y-%m}", today=today)


def _fingerprint(catalogue: Catalogue, today: date) -> str:
    return " ".join(f"{each.number}.{each.at(today).version}" for each in catalogue.indicators)
