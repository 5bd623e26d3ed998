"""What lies below a case, the audit trail and the stored answers: their rows, and the archived events behind them."""

from typing import Final

from forkant_devstack.verify.paired import Pair

WORK_PAIRS: Final = (
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
                'due', coalesce(r.due_on, p.data->>'due_on'), 'method', p.data->>'method_version',
                'started', s.occurred_at,
                'completed', c.occurred_at, (c.data->>'mandatory_steps_met')::boolean,
                'cancelled', x.occurred_at, x.data->>'reason')
            FROM kept AS p
            LEFT JOIN (
                SELECT DISTINCT ON (data->>'measure_id') data->>'measure_id' AS id, data->>'due_on' AS due_on
                FROM kept WHERE type = 'measure.rescheduled' ORDER BY data->>'measure_id', version DESC
            ) AS r ON r.id = p.data->>'measure_id'
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
            SELECT s.data->>'follow_up_id', concat_ws(' ', 'case', s.aggregate_id,
                                                      'due', coalesce(r.due_on, s.data->>'due_on'),
                                                      'held', h.occurred_at)
            FROM kept AS s
            LEFT JOIN (
                SELECT DISTINCT ON (data->>'follow_up_id') data->>'follow_up_id' AS id, data->>'due_on' AS due_on
                FROM kept WHERE type = 'follow-up.rescheduled' ORDER BY data->>'follow_up_id', version DESC
            ) AS r ON r.id = s.data->>'follow_up_id'
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
        name="information and its clarification",
        tables="""
            SELECT id::text, concat_ws(' ', 'case', case_id, statement_type, 'until', clarification_deadline,
                outcome, verification_status, 'clarified', clarified_at,
                'warned', warned_at IS NOT NULL, 'restricted', expired_at IS NOT NULL)
            FROM information
        """,
        events="""
            SELECT r.data->>'information_id', concat_ws(' ', 'case', r.aggregate_id, r.data->>'statement_type',
                'until', r.data->>'clarification_deadline', c.data->>'outcome',
                coalesce(c.data->>'verification_status', r.data->>'verification_status'), 'clarified', c.occurred_at,
                'warned', w.version IS NOT NULL, 'restricted', x.version IS NOT NULL)
            FROM kept AS r
            LEFT JOIN kept AS c ON c.data->>'information_id' = r.data->>'information_id'
                               AND c.type = 'information.clarified'
            LEFT JOIN kept AS w ON w.data->>'information_id' = r.data->>'information_id'
                               AND w.type = 'information.deadline-near'
            LEFT JOIN kept AS x ON x.data->>'information_id' = r.data->>'information_id'
                               AND x.type = 'information.restricted'
            WHERE r.type = 'information.registered'
        """,
    ),
    Pair(
        name="tasks",
        tables="""
            SELECT id::text, concat_ws(' ', 'case', case_id, kind, role, 'due', due_on, 'level', level,
                'ended', ended_at)
            FROM task
        """,
        events="""
            SELECT DISTINCT ON (a.data->>'task_id') a.data->>'task_id', concat_ws(' ', 'case', a.aggregate_id,
                a.data->>'kind', a.data->>'role', 'due', a.data->>'due_on', 'level', (
                    SELECT count(*) FROM kept AS o
                    WHERE o.type = 'task.overdue' AND o.data->>'task_id' = a.data->>'task_id'
                ), 'ended', c.occurred_at)
            FROM kept AS a
            LEFT JOIN kept AS c ON c.data->>'task_id' = a.data->>'task_id' AND c.type = 'task.completed'
            WHERE a.type = 'task.assigned' ORDER BY a.data->>'task_id', a.version DESC
        """,
    ),
    Pair(
        name="tasks that were reminded of",
        tables="""
            SELECT id::text, concat_ws(' ', 'case', case_id, 'for', reminded_for) FROM task
            WHERE reminded_for IS NOT NULL
        """,
        events="""
            SELECT DISTINCT ON (data->>'task_id') data->>'task_id',
                concat_ws(' ', 'case', aggregate_id, 'for', data->>'due_on')
            FROM kept WHERE type = 'task.due-soon' ORDER BY data->>'task_id', version DESC
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
            FROM kept WHERE type = 'case.transferred' AND coalesce(data->>'reason', 'accepted') = 'accepted'
        """,
    ),
)
"""What lies below a case, and the events that made it."""

LOG_PAIRS: Final = (
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
"""The audit trail and the stored answers, and the changes that they speak of."""
