"""G2: the indicators equal a recount from the case tables, per unit, exactly, once the stream has caught up."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import httpx
from forkant_contracts.units import CASE_UNITS

from forkant_devstack.stack.dev_token import dev_token
from forkant_devstack.verify.figures import READER, read_figures
from forkant_devstack.verify.measures import check_measures
from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.recount import NATIONAL, Figures, Period, recount
from forkant_devstack.verify.recount_by_day import GOALS
from forkant_devstack.verify.report import Check, Difference

ROLLING: Final = "rolling_12"
SETTLE_SECONDS: Final = 20.0
"""How long a figure may differ before it counts: people may be working while it is compared."""

_PAUSE_S: Final = 0.5
_OSLO: Final = ZoneInfo("Europe/Oslo")

_ESTABLISHED: Final = """
SELECT id AS unit FROM unit WHERE kind IN ('district', 'special_body') AND id <> ALL ($1) ORDER BY id
"""
"""Units that a reorganisation established since this release."""

_CELLS: Final = """
WITH live AS (SELECT number FROM generation WHERE state = 'live'),
     live_cell AS (SELECT * FROM cell WHERE generation = (SELECT number FROM live)),
     live_district_cell AS (SELECT * FROM district_cell WHERE generation = (SELECT number FROM live)),
     by_day AS (SELECT DISTINCT metric FROM district_day WHERE generation = (SELECT number FROM live)),
     fine AS (
    SELECT district, metric, month, CASE WHEN by_day.metric IS NULL THEN bucket ELSE 0 END AS bucket,
           sum(amount) AS amount, min(amount) AS least
    FROM live_cell LEFT JOIN by_day USING (metric) GROUP BY 1, 2, 3, 4
)
SELECT district, metric, month AS day, bucket, coalesce(f.amount, 0) AS fine, coalesce(d.amount, 0) AS coarse,
       coalesce(f.least, 0) AS least
FROM fine AS f FULL JOIN live_district_cell AS d USING (district, metric, month, bucket)
LEFT JOIN by_day USING (metric)
WHERE coalesce(f.amount, 0) <> coalesce(d.amount, 0)
   OR (by_day.metric IS NULL AND (f.least < 0 OR d.amount < 0))
ORDER BY 1, 2, 3, 4
"""
_DAYS: Final = """
WITH live AS (SELECT number FROM generation WHERE state = 'live'),
     live_day AS (SELECT * FROM district_day WHERE generation = (SELECT number FROM live)),
     fine AS (
    SELECT district, metric, month + bucket - 1 AS day, sum(amount) AS amount FROM cell
    WHERE generation = (SELECT number FROM live) AND metric IN (SELECT metric FROM live_day) GROUP BY 1, 2, 3
), standing AS (
    SELECT district, metric, day, amount, sum(amount) OVER (PARTITION BY district, metric ORDER BY day) AS sum
    FROM live_day
)
SELECT district, metric, day, 0 AS bucket, coalesce(f.amount, 0) AS fine, coalesce(d.amount, 0) AS coarse,
       coalesce(d.sum, 0) AS least
FROM fine AS f FULL JOIN standing AS d USING (district, metric, day)
WHERE coalesce(f.amount, 0) <> coalesce(d.amount, 0) OR d.sum < 0
ORDER BY 1, 2, 3
"""
_COUNT: Final = """
SELECT (SELECT count(*) FROM district_cell WHERE generation = live.number)
     + (SELECT count(*) FROM district_day WHERE generation = live.number)
FROM generation AS live WHERE state = 'live'
"""


@dataclass(frozen=True, slots=True)
class _Compared:
    figures: int
    differences: list[Difference]


def periods(today: date) -> list[Period]:
    """Return the rolling twelve months and each of them."""
    months = [_add_months(today.replace(day=1), -back) for back in range(12)]
    until = _add_months(months[0], 1)
    single = [
        Period(name=month.strftime("%Y-%m"), first=month, until=_add_months(month, 1), current=month == months[0])
        for month in months
    ]
    return [Period(name=ROLLING, first=months[-1], until=until, current=True), *single]


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


async def check_indicators(platform: Platform, *, settle_s: float = SETTLE_SECONDS) -> list[Check]:
    """Return the checks of G2."""
    token = await asyncio.to_thread(dev_token, platform.issuer_url, READER)
    headers = {"Authorization": f"Bearer {token}"}
    cases, plans = await asyncpg.connect(platform.case_database), await asyncpg.connect(platform.indicator_database)
    try:
        client = httpx.AsyncClient(base_url=platform.indicator_url, headers=headers, timeout=30, trust_env=False)
        async with client as http:
            chosen = periods(datetime.now(_OSLO).date())
            units = (*CASE_UNITS, *[row["unit"] for row in await cases.fetch(_ESTABLISHED, [*CASE_UNITS])])
            rolling = await _settled((cases, plans), http, chosen[:1], units, settle_s=settle_s)
            year = chosen[0]
            measures = await check_measures(cases, http, first=year.first, day=year.counted_until, settle_s=settle_s)
            monthly = await _settled((cases, plans), http, chosen[1:], units, settle_s=settle_s)
    finally:
        await asyncio.gather(cases.close(), plans.close())
    return [
        Check(
            guarantee="G2",
            name=f"indicators of {len(units)} units and the nation, rolling 12 months, as {READER} reads them",
            compared=rolling.figures,
            differences=rolling.differences,
        ),
        Check(
            guarantee="G2",
            name="the same by month",
            compared=monthly.figures,
            differences=monthly.differences,
        ),
        measures,
        await _check_cells(platform),
    ]


async def _settled(
    databases: tuple["asyncpg.Connection[asyncpg.Record]", "asyncpg.Connection[asyncpg.Record]"],
    http: httpx.AsyncClient,
    chosen: Sequence[Period],
    units: tuple[str, ...],
    *,
    settle_s: float,
) -> _Compared:
    """Compare until all is equal or time is up.

    While people work, the indicators trail the tables by a moment. So a unit's figures are right when, taken together,
    they equal a recount made since the comparison began; on a platform at rest all recounts are the same.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settle_s
    pending = {(period, unit) for period in chosen for unit in (*units, NATIONAL)}
    recounts: dict[tuple[Period, str], list[Figures]] = {place: [] for place in pending}
    while True:
        differences: list[Difference] = []
        for period in [period for period in chosen if any(period == each for each, _ in pending)]:
            for unit, figures in (await _recounted(*databases, period, units)).items():
                recounts[period, unit].append(figures)
            for place in sorted((each for each in pending if each[0] == period), key=itemgetter(1)):
                found = await read_figures(http, unit=place[1], period=period.name)
                if any(not _differences(place, found, figures) for figures in recounts[place]):
                    pending.discard(place)
                else:
                    differences += _differences(place, found, recounts[place][-1])
        if not pending or loop.time() > deadline:
            return _Compared(sum(len(figures[-1]) for figures in recounts.values()), differences)
        await asyncio.sleep(_PAUSE_S)


async def _recounted(
    cases: "asyncpg.Connection[asyncpg.Record]",
    plans: "asyncpg.Connection[asyncpg.Record]",
    period: Period,
    units: tuple[str, ...],
) -> Mapping[str, Figures]:
    goals = [(row["unit"], row["goal"]) for row in await plans.fetch(GOALS, period.counted_until)]
    return await recount(cases, period=period, units=units, goals=goals)


def _differences(place: tuple[Period, str], found: Figures, expected: Figures) -> list[Difference]:
    period, unit = place
    return [
        Difference(f"{unit} {period.name} {name}", f"the indicator service says {found[name]}", str(value))
        for name, value in expected.items()
        if found[name] != value
    ]


async def _check_cells(platform: Platform) -> Check:
    connection = await asyncpg.connect(platform.indicator_database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = [*await connection.fetch(_CELLS), *await connection.fetch(_DAYS)]
            compared = await connection.fetchval(_COUNT)
    finally:
        await connection.close()
    return Check(
        guarantee="G2",
        name="cells by case type, theme and age add up to their district's, and none stands below 0 on any day",
        compared=compared,
        differences=[
            Difference(
                f"{row['district']} {row['metric']} {row['day']} bucket {row['bucket']}",
                f"cells add up to {row['fine']}, the least is or stands at {row['least']}",
                f"the district's {row['coarse']}, none below 0",
            )
            for row in rows
        ],
    )
