"""What steering told of: each watch keeps the band that its crossings led to, and has told of as many as it counts.

So do plans of their approvals, and the watches over plans.
"""

from typing import Final

import asyncpg

from forkant_devstack.verify.paired import Pair, compare
from forkant_devstack.verify.report import Check

_PAIR: Final = Pair(
    name="watches and the crossings that they told of, gapless from 1, each from the band of the one before",
    # A watch that rests keeps no band: what was aimed for is over, and what it told of before stays.
    # Of one that was set back nothing but the count can be compared: what it told of in the lost time is not known.
    tables="""
        SELECT id::text, CASE WHEN id IN (SELECT aggregate_id FROM told WHERE skipped)
            THEN concat_ws(' ', 'version', w.version, 'after a restore')
            ELSE concat_ws(' ', 'version', w.version, w.unit, w.indicator, w.period, coalesce(w.band, to_band)) END
        FROM indicator_watch AS w LEFT JOIN told ON aggregate_id = id AND aggregate_version = w.version
        WHERE w.version > 0
    """,
    events="""
        SELECT aggregate_id::text, CASE
            WHEN count(*) = max(aggregate_version) AND bool_or(skipped)
            THEN concat_ws(' ', 'version', max(aggregate_version), 'after a restore')
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
           data->>'from_band' AS from_band, data->>'to_band' AS to_band, (data->>'national')::bool AS national,
           type = 'no.forkant.steering.version-skipped.v1' AS skipped
    FROM event_archive WHERE type = 'no.forkant.indicator.threshold-crossed.v1'
       OR (type = 'no.forkant.steering.version-skipped.v1' AND aggregate_id IN (SELECT id FROM indicator_watch))
),
"""


_PLANS: Final = Pair(
    name="plans and the watches over them, and the events that they told of, gapless from 1",
    tables="""
        SELECT id::text, concat_ws(' ', 'approved', approvals, unit) FROM prevention_plan WHERE approvals > 0
        UNION ALL SELECT id::text, concat_ws(' ', 'due', version, unit) FROM plan_watch WHERE version > 0
    """,
    events="""
        SELECT aggregate_id::text, CASE WHEN count(*) = max(aggregate_version) AND min(unit) = max(unit)
            THEN concat_ws(' ', what, max(aggregate_version), max(unit))
            ELSE format('version %s with %s events', max(aggregate_version), count(*)) END
        FROM of_plans GROUP BY aggregate_id, what
    """,
)
_OF_PLANS: Final = """
of_plans AS (
    SELECT aggregate_id, aggregate_version, unit, split_part(type, '.', 4) AS what FROM event_archive
    WHERE type IN ('no.forkant.plan.approved.v1', 'no.forkant.plan.due.v1')
    UNION ALL
    SELECT aggregate_id, aggregate_version, unit,
           CASE WHEN aggregate_id IN (SELECT id FROM plan_watch) THEN 'due' ELSE 'approved' END FROM event_archive
    WHERE type = 'no.forkant.steering.version-skipped.v1'
      AND aggregate_id IN (SELECT id FROM plan_watch UNION SELECT id FROM prevention_plan)
),
"""


async def check_plans(database_url: str) -> Check:
    """Return the check that approvals and events agree, on the indicator service's database as its worker."""
    connection = await asyncpg.connect(database_url)
    try:
        return await compare(connection, _PLANS, guarantee="G1", common=_OF_PLANS)
    finally:
        await connection.close()


async def check_watches(database_url: str) -> Check:
    """Return the check that crossings and watches agree, on the indicator service's database as its worker."""
    connection = await asyncpg.connect(database_url)
    try:
        return await compare(connection, _PAIR, guarantee="G1", common=_TOLD)
    finally:
        await connection.close()
