"""Reading what some units are compared with others by: from one snapshot, written down before it is sent."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from forkant_kit.freshness import Freshness, read_freshness
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import generations, queries
from indicator_service.aggregation.comparison import Compared, Spell, compare, together
from indicator_service.definitions import Catalogue, Indicator, Metric, Version
from indicator_service.queries_months import Asked, month_tallies
from indicator_service.units import read_register


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared: some units with others or, without any named, with all the rest."""

    indicators: Sequence[int]
    units: Sequence[str]
    against: Sequence[str] | None
    before: Spell | None
    after: Spell | None
    definitions_of: date
    """The day whose definitions are followed on both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An indicator, the definition that was followed, and what came of it."""

    indicator: Indicator
    version: Version
    compared: Compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a comparison came to, whom the units were set against, and how fresh it is."""

    lines: Sequence[Line]
    others: tuple[str, ...]
    freshness: Freshness


async def read_comparison(conn: AsyncConnection, asked: Comparison, catalogue: Catalogue, *, today: date) -> Found:
    """Compare, on a connection that may see the figures of all units; nothing is hidden."""
    generation = await generations.live(conn)
    freshness = await read_freshness(conn, group=generations.group_of(generation))
    uncounted = await queries.uncounted_metrics(conn, generation=generation)
    chosen = catalogue.model_copy(
        update={"indicators": tuple(each for each in catalogue.indicators if each.number in asked.indicators)}
    )
    if not asked.units or asked.before is None or asked.after is None:
        units = (await read_register(conn)).on(today)
        return Found(lines=(), others=_others(asked, units), freshness=freshness)
    read = Asked(first=asked.before.first, last=asked.after.last, units=None, catalogue=chosen, today=today)
    by_month = await month_tallies(conn, read, generation=generation)
    # With those that are there while the pilot goes on, or have something counted then and are not told of yet.
    register = await read_register(conn)
    counted = {unit for tallies in by_month.values() for unit in tallies if not register.knows(unit)}
    units = (*register.on(asked.after.first, asked.after.last), *sorted(counted))
    before, after = together(by_month, asked.before), together(by_month, asked.after)
    others = _others(asked, units)

    def lines() -> list[Line]:
        found = []
        for indicator, version in _versions(chosen, asked.definitions_of, uncounted):
            compared = compare(version, before, after, tried=asked.units, others=others)
            found.append(Line(indicator=indicator, version=version, compared=compared))
        return found

    # Thousands of choices of units take a while, in which others are to be answered.
    return Found(lines=await asyncio.to_thread(lines), others=others, freshness=freshness)


def _others(asked: Comparison, units: Iterable[str]) -> tuple[str, ...]:
    if asked.against is not None:
        return tuple(asked.against)
    return tuple(unit for unit in units if unit not in asked.units)


def _versions(catalogue: Catalogue, day: date, uncounted: frozenset[Metric]) -> list[tuple[Indicator, Version]]:
    found = [(each, each.at(day)) for each in catalogue.indicators]
    return [(each, version) for each, version in found if not version.metrics & uncounted]
