"""G1: every acknowledged change is in the case tables, the event archive and the audit trail, and no other.

What the tables hold is set against what the archived events add up to, row by row. Erased cases are compared by their
case row alone: their other rows are gone on purpose.
"""

from typing import Final

import asyncpg

from forkant_devstack.verify.case_pairs import CASE_PAIRS
from forkant_devstack.verify.paired import compare
from forkant_devstack.verify.report import Check
from forkant_devstack.verify.work_pairs import LOG_PAIRS, WORK_PAIRS

_EVENTS: Final = """
happened AS (
    SELECT aggregate_id, aggregate_version AS version, topic, unit, occurred_at, recorded_at, traceparent, data,
           regexp_replace(type, '^no[.]forkant[.](.*)[.]v[0-9]+$', '\\1') AS type,
           1 + count(*) FILTER (WHERE type = 'no.forkant.case.reopened.v1')
               OVER (PARTITION BY aggregate_id ORDER BY aggregate_version) AS round
    FROM event_archive
),
kept AS (
    SELECT h.* FROM happened AS h JOIN preventive_case AS c ON c.id = h.aggregate_id WHERE c.erased_at IS NULL
),
-- What is taken over from the events of another service makes no event here.
audited AS (
    SELECT object_ids[1] AS aggregate_id, version, trace_id FROM audit_entry
    WHERE version IS NOT NULL AND outcome = 'done' AND action !~ '[.](read|list|history|changes|take_over)(_|$)'
),
-- The events of one command share the moment when they were recorded; its audit row names the last version. A draft or
-- an offer makes no event and its audit row repeats a version, so that the trace must tell the rows apart.
commands AS (
    SELECT aggregate_id, max(version) AS version, max(split_part(traceparent, '-', 2)) AS trace_id
    FROM happened
    -- What the audit trail has dropped after its time can't be asked of it; clocks may differ by less than the hour.
    WHERE recorded_at >= coalesce((SELECT max(segment) + interval '1 month 1 hour' FROM audit_checkpoint), '-infinity')
    GROUP BY aggregate_id, recorded_at
),
answered AS (
    SELECT concat(aggregate_id, ' version ', version) AS key, aggregate_id, version
    FROM (SELECT aggregate_id, (convert_from(body, 'UTF8')::jsonb->>'version')::int AS version
          FROM idempotency_key WHERE status < 300 AND aggregate_id IS NOT NULL) AS stored
    WHERE version IS NOT NULL
),
"""


async def check_changes(database_url: str) -> list[Check]:
    """Return the checks of G1 on the case service's database."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            # One zone for all times that are written out and compared.
            await connection.execute("SET LOCAL timezone = 'UTC'")
            pairs = (*CASE_PAIRS, *WORK_PAIRS, *LOG_PAIRS)
            return [await compare(connection, pair, guarantee="G1", common=_EVENTS) for pair in pairs]
    finally:
        await connection.close()
