"""Reads: the tallies of a period by category of one dimension."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from forkant_contracts.codes import AgeBand, Arena, CaseType, MeasureKind, Theme
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.measure_cells import WITHOUT_METHOD
from indicator_service.aggregation.tally import Tally
from indicator_service.definitions import Catalogue, Metric
from indicator_service.definitions.metrics import HISTOGRAMS
from indicator_service.definitions.models import Dimension
from indicator_service.queries_goals import counting_on, goals_in_force
from indicator_service.queries_months import metrics_read

CATEGORIES: Final[Mapping[Dimension, tuple[str, ...]]] = {
    "theme": tuple(each.value for each in Theme),
    "case_type": tuple(each.value for each in CaseType),
    "age_band": tuple(each.value for each in AgeBand),
    "method": (*(each.value for each in MeasureKind if each is not MeasureKind.UNKNOWN), WITHOUT_METHOD, "unknown"),
    "arena": tuple(each.value for each in Arena),
}
"""What figures are split into, by dimension: codes of this release, of which `unknown` holds those of later ones."""

_OF_MEASURES: Final = frozenset({"method", "arena"})
"""The dimensions of single measures, whose cells stand in a table of their own."""

# The names of dimensions come from the type alone; those of cases are names of columns.
_READ: Final = """
SELECT district, metric, {dimension} AS category, CASE WHEN metric = ANY(:by_day) THEN 0 ELSE bucket END AS bucket,
       coalesce(sum(amount) FILTER (WHERE month >= :first), 0) AS within, sum(amount) AS until_end
FROM {cells}
WHERE generation = :generation AND metric = ANY(:metrics) AND month <= :last{which}{units}
  AND (month >= :first OR metric = ANY(:stocks)) AND (metric <> ALL(:by_day) OR month + bucket - 1 <= :until)
GROUP BY 1, 2, 3, 4
"""


def _where_it_stands(dimension: Dimension) -> Mapping[str, str]:
    if dimension in _OF_MEASURES:
        return {"dimension": "category", "cells": "measure_cell", "which": f" AND dimension = '{dimension}'"}
    return {"dimension": dimension, "cells": "cell", "which": ""}


_STATEMENTS: Final = {
    (dimension, everybody): text(
        _READ.format(**_where_it_stands(dimension), units="" if everybody else " AND district = ANY(:units)")
    )
    for dimension in CATEGORIES
    for everybody in (True, False)
}


async def category_tallies(
    conn: AsyncConnection,
    *,
    dimension: Dimension,
    generation: int,
    units: Collection[str] | None,
    period: Period,
    catalogue: Catalogue,
) -> dict[str, dict[str, Tally]]:
    """Return the tally of each category of each of the units, or of every unit for which something counts."""
    stocks = {metric for count in catalogue.counts for metric in (count.stock_in, count.stock_out) if metric}
    day = period.counted_until
    tied = counting_on(await goals_in_force(conn, first=day, last=day), day)
    in_force = {metric for _, metric in tied}
    bind = {
        "generation": generation,
        "first": period.first_month,
        "last": period.last_month,
        "until": period.counted_until,
        **metrics_read(catalogue, stocks=stocks, goals=in_force),
    }
    if units is not None:
        bind["units"] = [*units]
    found: defaultdict[str, defaultdict[str, Tally]] = defaultdict(lambda: defaultdict(_empty))
    every = set(units or ())
    for row in await conn.execute(_STATEMENTS[dimension, units is None], bind):
        district, name, category, bucket, within, until_end = row
        tally = found[_known(category, dimension)][district]
        every.add(district)
        if name in in_force:
            # A goal of another unit's plan counts in none.
            tally.until_end[Metric.ACTIVE_TIED] += int(until_end) if (district, name) in tied else 0
            continue
        metric = Metric(name)
        tally.within[metric] += int(within)
        tally.until_end[metric] += int(until_end)
        if metric in HISTOGRAMS and within:
            tally.histograms[metric][bucket] += int(within)
    return {category: {unit: found[category][unit] for unit in sorted(every)} for category in CATEGORIES[dimension]}


def _known(category: str, dimension: Dimension) -> str:
    return category if category in CATEGORIES[dimension] else "unknown"


def _empty() -> Tally:
    return Tally(histograms={metric: Counter() for metric in HISTOGRAMS})
