"""What is counted of cases and concerns, for the service that holds figures against it.

The tables stay closed to it: the API is given two functions that hand out codes, moments and days, and nothing without
the stance of a recount. No text, no mark and no person is in what they read.

Revision ID: 0038
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, told

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_MAY_RECOUNT: Final = f"{told('recounts')} = 'on'"
_MOVES: Final = {
    "no.forkant.case.opened.v1": "opened",
    "no.forkant.case.put-on-hold.v1": "held",
    "no.forkant.case.resumed.v1": "resumed",
    "no.forkant.case.closed.v1": "ended",
    "no.forkant.case.referred.v1": "ended",
    "no.forkant.case.rejected.v1": "ended",
    "no.forkant.case.reopened.v1": "reopened",
    "no.forkant.case.planned.v1": "planned",
    "no.forkant.case.plan-approved.v1": "approved",
}
_MOVE: Final = "CASE e.type " + " ".join(f"WHEN '{type_}' THEN '{move}'" for type_, move in _MOVES.items()) + " END"
_MOVE_TYPES: Final = ", ".join(f"'{type_}'" for type_ in _MOVES)


def _list(columns: str, source: str, order: str) -> str:
    """Return a subquery that gives rows as a JSON array, in an order that they have."""
    return f"""
        coalesce((SELECT jsonb_agg(to_jsonb(part) ORDER BY {order})
                  FROM (SELECT {columns} FROM {source}) AS part), '[]')
    """  # noqa: S608  the names below


_MEASURES: Final = _list(
    "m.id, m.kind, m.arena, m.due_on, m.method_version, m.planned_at, m.started_at, m.completed_at, "
    "m.mandatory_steps_met, m.cancelled_at, m.cancel_reason",
    "measure AS m WHERE m.case_id = c.id",
    "part.id",
)
_FOLLOW_UPS: Final = _list(
    "f.id, f.scheduled_at, f.due_on, f.held_at", "follow_up AS f WHERE f.case_id = c.id", "part.id"
)
_PARTNERS: Final = _list("p.id, p.kind, p.added_at, p.removed_at", "partner AS p WHERE p.case_id = c.id", "part.id")
_INFORMATION: Final = _list(
    "i.id, i.registered_at, i.clarification_deadline AS deadline, i.clarified_at",
    "information AS i WHERE i.case_id = c.id",
    "part.id",
)
_CASES: Final = f"""
    CREATE FUNCTION recount_cases(after_id uuid, asked uuid[], most integer) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH page AS MATERIALIZED (
            (SELECT * FROM preventive_case AS k
             WHERE {_MAY_RECOUNT} AND cardinality(asked) = 0 AND k.id > after_id ORDER BY k.id LIMIT most)
            UNION ALL
            SELECT * FROM preventive_case AS k WHERE {_MAY_RECOUNT} AND k.id = ANY (asked)
        ), archived AS MATERIALIZED (
            -- The page's events together: each partition of the archive is looked into once.
            SELECT e.aggregate_id AS case_id, e.aggregate_version AS version, e.type, e.occurred_at AS at,
                   e.data->>'prevention_goal_id' AS goal
            FROM event_archive AS e
            WHERE e.aggregate_id = ANY (ARRAY(SELECT id FROM page))
              AND e.type IN ({_MOVE_TYPES}, 'no.forkant.case.assessed.v1', 'no.forkant.case.goal-changed.v1')
        )
        SELECT CASE WHEN c.erased_at IS NOT NULL OR c.merged_into IS NOT NULL THEN jsonb_build_object(
            'id', c.id, 'version', c.version, 'erased', c.erased_at IS NOT NULL, 'merged', c.merged_into IS NOT NULL
        ) ELSE jsonb_build_object(
            'id', c.id, 'version', c.version, 'erased', false, 'merged', false,
            'unit', coalesce(c.unit_of_its_time, c.unit), 'case_type', c.case_type, 'theme', c.theme,
            'age_band', c.age_band, 'subject_category', c.subject_category, 'arena', c.arena,
            'municipality_number', c.municipality_number, 'concern_id', c.concern_id, 'state', c.state,
            'restricted', c.restricted, 'opened_at', c.opened_at, 'ended_at', c.ended_at,
            'close_reason', c.close_reason, 'times_reopened', c.round - 1,
            -- An assessment's row is written over when it is written again; its first completion stands in the archive.
            'assessed_at', (SELECT min(at) FROM (
                SELECT e.at FROM archived AS e WHERE e.case_id = c.id AND e.type = 'no.forkant.case.assessed.v1'
                UNION ALL
                SELECT a.completed_at FROM assessment AS a WHERE a.case_id = c.id AND a.completed) AS completed),
            'child_view_recorded', (
                SELECT CASE WHEN c.age_band IN ('under_15', '15_17') THEN a.child_view IS NOT NULL END
                FROM assessment AS a WHERE a.case_id = c.id AND a.completed ORDER BY a.round DESC LIMIT 1),
            'planned_at', p.written_at, 'plan_approved_at', p.approved_at,
            'goals', coalesce((SELECT count(*) FROM plan_goal AS g WHERE g.case_id = p.case_id AND g.round = p.round),
                              0),
            'goals_with_baseline', coalesce((
                SELECT count(*) FILTER (WHERE g.measurable AND g.baseline IS NOT NULL) FROM plan_goal AS g
                WHERE g.case_id = p.case_id AND g.round = p.round), 0),
            'evaluated_at', v.completed_at, 'effect', v.effect,
            'course', coalesce((
                SELECT jsonb_agg(jsonb_build_object('move', {_MOVE}, 'at', e.at) ORDER BY e.version)
                FROM archived AS e WHERE e.case_id = c.id AND e.type IN ({_MOVE_TYPES})), '[]'),
            'ties', coalesce((
                SELECT jsonb_agg(jsonb_build_object('goal', e.goal, 'at', e.at) ORDER BY e.version)
                FROM archived AS e WHERE e.case_id = c.id AND (e.type = 'no.forkant.case.goal-changed.v1'
                   OR e.type = 'no.forkant.case.opened.v1' AND e.goal IS NOT NULL)), '[]'),
            'measures', {_MEASURES}, 'follow_ups', {_FOLLOW_UPS}, 'partners', {_PARTNERS}, 'information', {_INFORMATION}
        ) END
        FROM page AS c
        LEFT JOIN LATERAL (
            SELECT * FROM plan AS p WHERE p.case_id = c.id ORDER BY p.round DESC LIMIT 1) AS p ON true
        LEFT JOIN evaluation AS v ON v.case_id = c.id AND v.round = c.round AND v.completed
        ORDER BY c.id
    $$
"""  # noqa: S608  the names above
_CONCERNS: Final = f"""
    CREATE FUNCTION recount_concerns(after_id uuid, asked uuid[], most integer) RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT jsonb_build_object(
            'id', k.id, 'version', k.version, 'unit', coalesce(k.unit_of_its_time, k.unit), 'source', k.source,
            'theme', k.theme, 'age_band', k.age_band, 'arena', k.arena, 'municipality_number', k.municipality_number,
            'received_at', k.received_at, 'decided_at', k.decided_at, 'outcome', k.outcome, 'case_id', k.case_id)
        FROM (
            (SELECT * FROM concern AS k
             WHERE {_MAY_RECOUNT} AND cardinality(asked) = 0 AND k.id > after_id ORDER BY k.id LIMIT most)
            UNION ALL
            SELECT * FROM concern AS k WHERE {_MAY_RECOUNT} AND k.id = ANY (asked)
        ) AS k
        ORDER BY k.id
    $$
"""  # noqa: S608  the names above


def upgrade() -> None:
    for statement in (_CASES, _CONCERNS):
        op.execute(statement)
    for name in ("recount_cases", "recount_concerns"):
        op.execute(f"REVOKE ALL ON FUNCTION {name}(uuid, uuid[], integer) FROM PUBLIC")
        op.execute(for_worker(f"GRANT EXECUTE ON FUNCTION {name}(uuid, uuid[], integer) TO {{app}}"))


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
