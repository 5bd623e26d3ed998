"""G1: every acknowledged change is in the case tables, the event archive and the audit log, and no other.

What the tables hold is set against what the archived events add up to, row by row. Erased cases are compared by their
case row alone: their other rows are gone on purpose.
"""

from typing import Final

import asyncpg

from forkant_devstack.verify.paired import Pair, compare
from forkant_devstack.verify.report import Check

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
audited AS (
    SELECT aggregate_id, version, trace_id FROM audit_log
    WHERE version IS NOT NULL AND action !~ '[.](read|list|history|changes)(_|$)'
),
-- The events of one command share the moment when they were recorded; its audit row names the last version. A draft or
-- an offer makes no event and its audit row repeats a version, so that the trace must tell the rows apart.
commands AS (
    SELECT aggregate_id, max(version) AS version, max(split_part(traceparent, '-', 2)) AS trace_id
    FROM happened GROUP BY aggregate_id, recorded_at
),
answered AS (
    SELECT concat(aggregate_id, ' version ', version) AS key, aggregate_id, version
    FROM (SELECT aggregate_id, (convert_from(body, 'UTF8')::jsonb->>'version')::int AS version
          FROM idempotency_key WHERE status < 300 AND aggregate_id IS NOT NULL) AS stored
    WHERE version IS NOT NULL
),
"""

_GAPLESS: Final = """
    SELECT aggregate_id::text, CASE
        WHEN count(*) = max(aggregate_version) AND count(DISTINCT aggregate_version) = count(*)
        THEN 'version ' || max(aggregate_version)
        ELSE format('version %s with %s events', max(aggregate_version), count(*)) END
    FROM event_archive WHERE topic = '{topic}' GROUP BY aggregate_id
"""

_PAIRS: Final = (
    Pair(
        name="case versions and their events, gapless from 1",
        tables="SELECT id::text, 'version ' || version FROM preventive_case",
        events=_GAPLESS.format(topic="forkant.case.v1"),
    ),
    Pair(
        name="concern versions and their events, gapless from 1",
        tables="SELECT id::text, 'version ' || version FROM concern",
        events=_GAPLESS.format(topic="forkant.concern.v1"),
    ),
    Pair(
        name="cases as opened",
        tables="""
            SELECT id::text, concat_ws(' ', case_type, theme, age_band, subject_category, purpose_code, legal_basis,
                                       arena, municipality_number, concern_id, opened_at)
            FROM preventive_case
        """,
        events="""
            SELECT aggregate_id::text, concat_ws(' ', data->>'case_type', data->>'theme', data->>'age_band',
                data->>'subject_category', data->>'purpose_code', data->>'legal_basis', data->>'arena',
                data->>'municipality_number', data->>'concern_id', occurred_at)
            FROM happened WHERE type = 'case.opened'
        """,
    ),
    Pair(
        name="case states",
        tables="""
            SELECT id::text, concat_ws(' ', state, held_from, hold_reason, closed_at, close_reason) FROM preventive_case
        """,
        events="""
            SELECT DISTINCT ON (aggregate_id) aggregate_id::text, CASE type
                WHEN 'case.opened' THEN 'registered'
                WHEN 'case.assessment-started' THEN 'assessing'
                WHEN 'case.planned' THEN 'planned'
                WHEN 'case.activated' THEN 'active'
                WHEN 'case.followed-up' THEN 'follow_up'
                WHEN 'case.evaluation-started' THEN 'evaluating'
                WHEN 'case.reopened' THEN 'assessing'
                WHEN 'case.referred' THEN 'referred'
                WHEN 'case.rejected' THEN 'rejected'
                WHEN 'case.resumed' THEN data->>'state'
                WHEN 'case.closed' THEN concat_ws(' ', 'closed', occurred_at, data->>'reason')
                WHEN 'case.put-on-hold' THEN concat_ws(' ', 'on_hold', before, data->>'reason') END
            FROM (
                SELECT *, lag(CASE type
                    WHEN 'case.opened' THEN 'registered' WHEN 'case.assessment-started' THEN 'assessing'
                    WHEN 'case.planned' THEN 'planned' WHEN 'case.activated' THEN 'active'
                    WHEN 'case.followed-up' THEN 'follow_up' WHEN 'case.evaluation-started' THEN 'evaluating'
                    WHEN 'case.reopened' THEN 'assessing' WHEN 'case.resumed' THEN data->>'state' END)
                    OVER (PARTITION BY aggregate_id ORDER BY version) AS before
                FROM happened WHERE type IN (
                    'case.opened', 'case.assessment-started', 'case.planned', 'case.activated', 'case.followed-up',
                    'case.evaluation-started', 'case.reopened', 'case.referred', 'case.rejected', 'case.resumed',
                    'case.closed', 'case.put-on-hold')
            ) AS moves
            ORDER BY aggregate_id, version DESC
        """,
    ),
    Pair(
        name="units that hold the cases",
        tables="SELECT id::text, unit FROM preventive_case",
        events="""
            SELECT DISTINCT ON (aggregate_id) aggregate_id::text, unit FROM happened WHERE topic = 'forkant.case.v1'
            ORDER BY aggregate_id, version DESC
        """,
    ),
    Pair(
        name="restrictions",
        tables="SELECT id::text, restriction_reason FROM preventive_case WHERE restricted",
        events="""
            SELECT key, reason FROM (
                SELECT DISTINCT ON (aggregate_id) aggregate_id::text AS key, data->>'reason' AS reason,
                       data->>'restricted' AS restricted
                FROM happened WHERE type = 'case.restricted' ORDER BY aggregate_id, version DESC
            ) AS latest WHERE restricted = 'true'
        """,
    ),
    Pair(
        name="erasures",
        tables="SELECT id::text, erasure_basis FROM preventive_case WHERE erased_at IS NOT NULL",
        events="SELECT aggregate_id::text, data->>'basis' FROM happened WHERE type = 'case.erased'",
    ),
    Pair(
        name="concerns",
        tables="""
            SELECT id::text, concat_ws(' ', unit, source, theme, age_band, arena, municipality_number, received_at,
                                       state, outcome, case_id, decided_at)
            FROM concern
        """,
        events="""
            SELECT r.aggregate_id::text, concat_ws(' ', r.unit, r.data->>'source', r.data->>'theme',
                r.data->>'age_band', r.data->>'arena', r.data->>'municipality_number', r.occurred_at,
                CASE WHEN d.version IS NULL THEN 'received' ELSE 'decided' END,
                d.data->>'outcome', d.data->>'case_id', d.occurred_at)
            FROM happened AS r
            LEFT JOIN happened AS d ON d.aggregate_id = r.aggregate_id AND d.type = 'concern.decided'
            WHERE r.type = 'concern.received'
        """,
    ),
    Pair(
        name="measures",
        tables="""
            SELECT id::text, concat_ws(' ', 'case', case_id, kind, arena, 'due', due_on, 'method', method_version,
                'started', started_at, 'completed', completed_at, mandatory_steps_met,
                'cancelled', cancelled_at, cancel_reason)
            FROM measure
        """,
        events="""
            SELECT p.data->>'measure_id', concat_ws(' ', 'case', p.aggregate_id, p.data->>'kind', p.data->>'arena',
                'due', p.data->>'due_on', 'method', p.data->>'method_version', 'started', s.occurred_at,
                'completed', c.occurred_at, (c.data->>'mandatory_steps_met')::boolean,
                'cancelled', x.occurred_at, x.data->>'reason')
            FROM kept AS p
            LEFT JOIN kept AS s ON s.data->>'measure_id' = p.data->>'measure_id' AND s.type = 'measure.started'
            LEFT JOIN kept AS c ON c.data->>'measure_id' = p.data->>'measure_id' AND c.type = 'measure.completed'
            LEFT JOIN kept AS x ON x.data->>'measure_id' = p.data->>'measure_id' AND x.type = 'measure.cancelled'
            WHERE p.type = 'measure.planned'
        """,
    ),
    Pair(
        name="steps of measures",
        tables="SELECT measure_id || ' ' || step, done_at::text FROM measure_step",
        events="""
            SELECT (data->>'measure_id') || ' ' || (data->>'step'), occurred_at::text
            FROM kept WHERE type = 'measure.step-completed'
        """,
    ),
    Pair(
        name="follow-ups",
        tables="SELECT id::text, concat_ws(' ', 'case', case_id, 'due', due_on, 'held', held_at) FROM follow_up",
        events="""
            SELECT s.data->>'follow_up_id', concat_ws(' ', 'case', s.aggregate_id, 'due', s.data->>'due_on',
                                                      'held', h.occurred_at)
            FROM kept AS s
            LEFT JOIN kept AS h ON h.data->>'follow_up_id' = s.data->>'follow_up_id' AND h.type = 'follow-up.held'
            WHERE s.type = 'follow-up.scheduled'
        """,
    ),
    Pair(
        name="partners",
        tables="SELECT id::text, concat_ws(' ', 'case', case_id, kind, 'removed', removed_at) FROM partner",
        events="""
            SELECT a.data->>'partner_id', concat_ws(' ', 'case', a.aggregate_id, a.data->>'kind',
                                                    'removed', r.occurred_at)
            FROM kept AS a
            LEFT JOIN kept AS r ON r.data->>'partner_id' = a.data->>'partner_id' AND r.type = 'partner.removed'
            WHERE a.type = 'partner.added'
        """,
    ),
    Pair(
        name="completed assessments",
        tables="SELECT concat(case_id, ' round ', round), 'completed' FROM assessment WHERE completed",
        events="""
            SELECT DISTINCT concat(aggregate_id, ' round ', round), 'completed' FROM kept WHERE type = 'case.assessed'
        """,
    ),
    Pair(
        name="plans and their approval",
        tables="""
            SELECT concat(case_id, ' round ', round),
                   concat_ws(' ', goals, goals_with_baseline, 'approved', approved_at)
            FROM plan
        """,
        events="""
            SELECT DISTINCT ON (p.aggregate_id, p.round) concat(p.aggregate_id, ' round ', p.round),
                   concat_ws(' ', p.data->>'goals', p.data->>'goals_with_baseline', 'approved', a.occurred_at)
            FROM kept AS p
            LEFT JOIN kept AS a ON a.aggregate_id = p.aggregate_id AND a.round = p.round AND a.version > p.version
                               AND a.type = 'case.plan-approved'
            WHERE p.type = 'case.planned' ORDER BY p.aggregate_id, p.round, p.version DESC
        """,
    ),
    Pair(
        name="completed evaluations",
        tables="SELECT concat(case_id, ' round ', round), effect FROM evaluation WHERE completed",
        events="""
            SELECT DISTINCT ON (aggregate_id, round) concat(aggregate_id, ' round ', round), data->>'effect'
            FROM kept WHERE type = 'case.evaluated' ORDER BY aggregate_id, round, version DESC
        """,
    ),
    Pair(
        name="accepted transfers",
        tables="""
            SELECT concat(case_id, ' from ', from_unit, ' to ', to_unit, ' at ', decided_at), 'accepted'
            FROM transfer WHERE state = 'accepted'
        """,
        events="""
            SELECT concat(aggregate_id, ' from ', data->>'from_unit', ' to ', unit, ' at ', occurred_at), 'accepted'
            FROM kept WHERE type = 'case.transferred'
        """,
    ),
    Pair(
        name="changes and their audit rows",
        tables="""
            SELECT concat(aggregate_id, ' version ', version), 'audited' FROM commands AS c WHERE EXISTS (
                SELECT FROM audited AS a WHERE a.aggregate_id = c.aggregate_id AND a.version = c.version
                                           AND coalesce(a.trace_id = c.trace_id, true))
        """,
        events="SELECT concat(aggregate_id, ' version ', version), 'audited' FROM commands",
    ),
    Pair(
        name="audited changes and their events",
        tables="SELECT DISTINCT concat(aggregate_id, ' version ', version), 'happened' FROM audited",
        events="""
            SELECT DISTINCT concat(aggregate_id, ' version ', version), 'happened' FROM audited AS a WHERE EXISTS (
                SELECT FROM happened AS h WHERE h.aggregate_id = a.aggregate_id AND h.version = a.version)
        """,
    ),
    Pair(
        name="answers that were given and what they acknowledge",
        tables="SELECT DISTINCT key, 'acknowledged' FROM answered",
        events="""
            SELECT DISTINCT key, 'acknowledged' FROM answered AS a
            WHERE EXISTS (SELECT FROM happened AS h WHERE h.aggregate_id = a.aggregate_id AND h.version = a.version)
        """,
    ),
)


async def check_changes(database_url: str) -> list[Check]:
    """Return the checks of G1 on the case service's database."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            # One zone for all times that are written out and compared.
            await connection.execute("SET LOCAL timezone = 'UTC'")
            return [await compare(connection, pair, guarantee="G1", common=_EVENTS) for pair in _PAIRS]
    finally:
        await connection.close()
