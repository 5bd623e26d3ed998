"""What depends on the day, counted again: the state of every case at the end of one day, in plain SQL.

Of today the tables say it. What a case was on a day of the past stands in the archived events alone: of those that had
happened by then, the newest version holds. Each is asked of one day; the indicator service adds up changes of days.
"""

from typing import Final

_KINDS: Final = (
    "slt_coordinator",
    "child_welfare",
    "school",
    "mediation_service",
    "health",
    "municipality",
    "business",
    "voluntary",
    "unknown",
)
_BY_KIND: Final = "".join(
    f""",
       count(*) FILTER (WHERE active AND '{kind}' = ANY(kinds)) AS "13.partner_{kind}\""""
    for kind in _KINDS
)

ACTIVE: Final = f"""
WITH named AS (
    SELECT c.id, split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit, c.state, c.round, c.opened_at,
           c.reopened_at
    FROM preventive_case AS c
    WHERE c.erased_at IS NULL AND c.merged_into IS NULL AND (c.opened_at AT TIME ZONE 'Europe/Oslo')::date <= $1
), standing AS (
    SELECT n.*,
           CASE WHEN $2 THEN n.state NOT IN ('closed', 'referred', 'rejected', 'on_hold') ELSE coalesce((
               SELECT e.type IN (
                   'no.forkant.case.opened.v1', 'no.forkant.case.reopened.v1', 'no.forkant.case.resumed.v1')
               FROM event_archive AS e
               WHERE e.aggregate_id = n.id AND (e.occurred_at AT TIME ZONE 'Europe/Oslo')::date <= $1 AND e.type IN (
                   'no.forkant.case.opened.v1', 'no.forkant.case.reopened.v1', 'no.forkant.case.resumed.v1',
                   'no.forkant.case.put-on-hold.v1', 'no.forkant.case.closed.v1', 'no.forkant.case.referred.v1',
                   'no.forkant.case.rejected.v1')
               ORDER BY e.aggregate_version DESC LIMIT 1), false) END AS active,
           CASE WHEN $2 THEN (greatest(n.opened_at, n.reopened_at) AT TIME ZONE 'Europe/Oslo')::date ELSE (
               SELECT (e.occurred_at AT TIME ZONE 'Europe/Oslo')::date FROM event_archive AS e
               WHERE e.aggregate_id = n.id AND (e.occurred_at AT TIME ZONE 'Europe/Oslo')::date <= $1
                 AND e.type IN ('no.forkant.case.opened.v1', 'no.forkant.case.reopened.v1')
               ORDER BY e.aggregate_version DESC LIMIT 1) END AS since,
           CASE WHEN $2 THEN EXISTS (
               SELECT FROM plan AS p WHERE p.case_id = n.id AND p.round = n.round AND p.approved_at IS NOT NULL)
           ELSE coalesce((
               SELECT e.type = 'no.forkant.case.plan-approved.v1' FROM event_archive AS e
               WHERE e.aggregate_id = n.id AND (e.occurred_at AT TIME ZONE 'Europe/Oslo')::date <= $1 AND e.type IN (
                   'no.forkant.case.reopened.v1', 'no.forkant.case.planned.v1', 'no.forkant.case.plan-approved.v1')
               ORDER BY e.aggregate_version DESC LIMIT 1), false) END AS approved,
           ARRAY(
               SELECT p.kind FROM partner AS p
               WHERE p.case_id = n.id AND (p.added_at AT TIME ZONE 'Europe/Oslo')::date <= $1
                 AND (p.removed_at IS NULL OR (p.removed_at AT TIME ZONE 'Europe/Oslo')::date > $1)) AS kinds
    FROM named AS n
), asked AS (
    SELECT s.*, $1 - since > 30 AS long, EXISTS (
               SELECT FROM follow_up AS f
               WHERE f.case_id = s.id AND f.due_on < $1
                 AND (f.scheduled_at AT TIME ZONE 'Europe/Oslo')::date BETWEEN since AND $1
                 AND (f.held_at IS NULL OR (f.held_at AT TIME ZONE 'Europe/Oslo')::date > $1)) AS overdue
    FROM standing AS s
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE active AND long AND approved) AS "6.numerator",
       count(*) FILTER (WHERE active AND long) AS "6.denominator",
       count(*) FILTER (WHERE active AND overdue) AS "9.numerator",
       count(*) FILTER (WHERE active) AS "9.denominator",
       count(*) FILTER (WHERE active AND cardinality(kinds) > 0) AS "13.numerator",
       count(*) FILTER (WHERE active) AS "13.denominator"{_BY_KIND}
FROM asked GROUP BY GROUPING SETS ((unit), ())
"""  # noqa: S608  the kinds above

TIED: Final = """
WITH named AS (
    SELECT c.id, split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit, c.state, c.prevention_goal
    FROM preventive_case AS c
    WHERE c.erased_at IS NULL AND c.merged_into IS NULL AND (c.opened_at AT TIME ZONE 'Europe/Oslo')::date <= $1
), standing AS (
    SELECT n.unit,
           CASE WHEN $2 THEN n.state NOT IN ('closed', 'referred', 'rejected', 'on_hold') ELSE coalesce((
               SELECT e.type IN (
                   'no.forkant.case.opened.v1', 'no.forkant.case.reopened.v1', 'no.forkant.case.resumed.v1')
               FROM event_archive AS e
               WHERE e.aggregate_id = n.id AND (e.occurred_at AT TIME ZONE 'Europe/Oslo')::date <= $1 AND e.type IN (
                   'no.forkant.case.opened.v1', 'no.forkant.case.reopened.v1', 'no.forkant.case.resumed.v1',
                   'no.forkant.case.put-on-hold.v1', 'no.forkant.case.closed.v1', 'no.forkant.case.referred.v1',
                   'no.forkant.case.rejected.v1')
               ORDER BY e.aggregate_version DESC LIMIT 1), false) END AS active,
           CASE WHEN $2 THEN n.prevention_goal ELSE (
               SELECT (e.data->>'prevention_goal_id')::uuid FROM event_archive AS e
               WHERE e.aggregate_id = n.id AND (e.occurred_at AT TIME ZONE 'Europe/Oslo')::date <= $1
                 AND e.type IN ('no.forkant.case.opened.v1', 'no.forkant.case.goal-changed.v1')
               ORDER BY e.aggregate_version DESC LIMIT 1) END AS goal
    FROM named AS n
), asked AS (
    SELECT s.unit, EXISTS (
               SELECT FROM unnest($3::text[], $4::uuid[]) AS p (unit, goal) WHERE p.unit = s.unit AND p.goal = s.goal
           ) AS tied
    FROM standing AS s WHERE s.active
)
SELECT coalesce(unit, 'national') AS unit, count(*) FILTER (WHERE tied) AS "19.numerator", count(*) AS "19.denominator"
FROM asked GROUP BY GROUPING SETS ((unit), ())
"""

GOALS: Final = """
SELECT v.unit, g.goal_id AS goal FROM prevention_plan_version AS v
JOIN prevention_plan_goal AS g ON g.plan_id = v.plan_id AND g.number = v.number
WHERE v.approved_at IS NOT NULL AND $1 BETWEEN v.first_day AND v.last_day
"""
"""The goals of the plans that were in force on a day: asked of the indicator service's database, which has them."""

DUE: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit,
           (m.completed_at AT TIME ZONE 'Europe/Oslo')::date <= m.due_on AS in_time
    FROM measure AS m JOIN preventive_case AS c ON c.id = m.case_id
    WHERE m.state <> 'cancelled' AND m.due_on BETWEEN $1 AND $2 AND c.erased_at IS NULL AND c.merged_into IS NULL
      -- What is due while its case is on hold waits for the day that it moves to.
      AND NOT (c.state = 'on_hold' AND m.completed_at IS NULL AND m.due_on >= c.held_on)
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE in_time) AS "8.numerator",
       count(*) AS "8.denominator"
FROM counted GROUP BY GROUPING SETS ((unit), ())
"""

INFORMATION: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit,
           i.clarification_deadline < $1
               AND (i.clarified_at IS NULL OR (i.clarified_at AT TIME ZONE 'Europe/Oslo')::date > $1) AS past
    FROM information AS i JOIN preventive_case AS c ON c.id = i.case_id
    WHERE (i.registered_at AT TIME ZONE 'Europe/Oslo')::date <= $1 AND c.erased_at IS NULL AND c.merged_into IS NULL
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE past) AS "21.numerator",
       count(*) AS "21.denominator"
FROM counted GROUP BY GROUPING SETS ((unit), ())
"""

APART: Final = tuple(f"partner_{kind}" for kind in _KINDS)
"""What indicator 13 shows apart."""
