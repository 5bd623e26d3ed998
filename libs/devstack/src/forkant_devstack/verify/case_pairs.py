"""Cases and concerns: what their rows say, and what the archived events add up to."""

from typing import Final

from forkant_devstack.verify.paired import Pair

_GAPLESS: Final = """
    SELECT aggregate_id::text, CASE
        WHEN count(*) = max(aggregate_version) AND count(DISTINCT aggregate_version) = count(*)
        THEN 'version ' || max(aggregate_version)
        ELSE format('version %s with %s events', max(aggregate_version), count(*)) END
    FROM event_archive WHERE topic = '{topic}' GROUP BY aggregate_id
"""

CASE_PAIRS: Final = (
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
        name="reviews of broken glass and their events, gapless from 1",
        tables="SELECT id::text, 'version ' || version FROM access_review",
        events=_GAPLESS.format(topic="forkant.access.v1"),
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
        # Of an ended case whose unit ended since, the unit of its time: another answers for it, and no event says so.
        tables="SELECT id::text, coalesce(unit_of_its_time, unit) FROM preventive_case",
        events="""
            SELECT DISTINCT ON (aggregate_id) aggregate_id::text, unit FROM happened
            WHERE type IN ('case.opened', 'case.transferred') ORDER BY aggregate_id, version DESC
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
        name="goals that cases are tied to",
        tables="SELECT id::text, prevention_goal::text FROM preventive_case WHERE prevention_goal IS NOT NULL",
        events="""
            SELECT key, goal FROM (
                SELECT DISTINCT ON (aggregate_id) aggregate_id::text AS key, data->>'prevention_goal_id' AS goal
                FROM happened WHERE type IN ('case.opened', 'case.goal-changed') ORDER BY aggregate_id, version DESC
            ) AS latest WHERE goal IS NOT NULL
        """,
    ),
    Pair(
        name="mergers",
        tables="""
            SELECT id::text, concat_ws(' ', merged_into, merged_at) FROM preventive_case WHERE merged_into IS NOT NULL
        """,
        events="""
            SELECT aggregate_id::text, concat_ws(' ', data->>'into_case_id', occurred_at)
            FROM happened WHERE type = 'case.merged'
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
            SELECT id::text, concat_ws(' ', coalesce(unit_of_its_time, unit), source, theme, age_band, arena,
                                       municipality_number, received_at,
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
)
"""Case and concern rows, and the events that made them."""
