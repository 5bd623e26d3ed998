"""The watches over targets: each keeps the band that its crossings led to, and has told of as many as it counts."""

from typing import Final

import asyncpg

from forkant_devstack.verify.paired import Pair, compare
from forkant_devstack.verify.report import Check

_PAIR: Final = Pair(
    name="watches and the crossings that they told of, gapless from 1, each from the band of the one before",
    # A watch that rests keeps no band: what was aimed for is over, and what it told of before stays.
    tables="""
        SELECT id::text, concat_ws(' ', 'version', w.version, w.unit, w.indicator, w.period, coalesce(w.band, to_band))
        FROM indicator_watch AS w LEFT JOIN told ON aggregate_id = id AND aggregate_version = w.version
        WHERE w.version > 0
    """,
    events="""
        SELECT aggregate_id::text, CASE
            WHEN count(*) = max(aggregate_version) AND bool_and(from_band IS DISTINCT FROM to_band)
            THEN concat_ws(' ', 'version', max(aggregate_version),
                           CASE WHEN bool_or(national) THEN 'national' ELSE max(unit) END, max(indicator),
                           max(period_kind), (array_agg(to_band ORDER BY aggregate_version DESC))[1])
            ELSE format('version %s with %s events', max(aggregate_version), count(*)) END
        FROM told GROUP BY aggregate_id
    """,
)
_TOLD: Final = """
told AS (
    SELECT aggregate_id, aggregate_version, unit, data->>'indicator' AS indicator, data->>'period_kind' AS period_kind,
           data->>'from_band' AS from_band, data->>'to_band' AS to_band, (data->>'national')::bool AS national
    FROM event_archive WHERE type = 'no.forkant.indicator.threshold-crossed.v1'
),
"""


async def check_watches(database_url: str) -> Check:
    """Return the check that crossings and watches agree, on the indicator service's database as its worker."""
    connection = await asyncpg.connect(database_url)
    try:
        return await compare(connection, _PAIR, guarantee="G1", common=_TOLD)
    finally:
        await connection.close()
