"""G2, the expected side: the indicators counted again from the case service's own tables, in plain SQL.

Nothing here is shared with the indicator service, on purpose: two ways to the same figure are what makes it a check.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from forkant_devstack.verify.recount_by_day import ACTIVE, APART, DUE, INFORMATION, TIED

_OSLO: Final = ZoneInfo("Europe/Oslo")
NATIONAL: Final = "national"
Figures = Mapping[str, int | None]
"""Figures of one unit and period by name, such as ``counts.opened`` or ``2.median``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole months, as the indicator API names them; ``current`` when it reaches today."""

    name: str
    first: date
    until: date
    current: bool

    @property
    def counted_until(self) -> date:
        """The day at whose end is counted what there is: the last, or today where that is still to come."""
        return min(self.until - timedelta(days=1), datetime.now(_OSLO).date())


_CASES: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit, c.state,
           c.state IN ('closed', 'referred', 'rejected') AS ended,
           (c.opened_at AT TIME ZONE 'Europe/Oslo')::date AS opened_on,
           (c.closed_at AT TIME ZONE 'Europe/Oslo')::date AS closed_on,
           EXISTS (SELECT FROM evaluation AS e WHERE e.case_id = c.id AND e.round = c.round AND e.completed)
               AS evaluated,
           (SELECT (min(m.started_at) AT TIME ZONE 'Europe/Oslo')::date FROM measure AS m WHERE m.case_id = c.id)
               AS started_on
    FROM preventive_case AS c WHERE c.erased_at IS NULL AND c.merged_into IS NULL
), placed AS (
    SELECT *, opened_on >= $1 AND opened_on < $2 AS opened_within,
           state = 'closed' AND closed_on >= $1 AND closed_on < $2 AS closed_within,
           -- greatest() passes over a null, so a case without a start must not come to it.
           CASE WHEN started_on IS NOT NULL THEN greatest(started_on - opened_on, 0) END AS days_to_start
    FROM counted
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE NOT ended AND opened_on < $2) AS "counts.open",
       count(*) FILTER (WHERE opened_within) AS "counts.opened",
       count(*) FILTER (WHERE opened_within) AS "1.numerator",
       count(*) FILTER (WHERE closed_within) AS "counts.closed",
       count(*) FILTER (WHERE opened_within AND started_on IS NOT NULL) AS "4.denominator",
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days_to_start) FILTER (WHERE opened_within) AS "4.median",
       percentile_disc(0.9) WITHIN GROUP (ORDER BY days_to_start) FILTER (WHERE opened_within) AS "4.p90",
       count(*) FILTER (WHERE opened_within AND started_on IS NULL AND NOT ended) AS "4.not_started",
       count(*) FILTER (WHERE opened_within AND started_on IS NULL AND ended) AS "4.ended_without_measure",
       count(*) FILTER (WHERE closed_within AND evaluated) AS "10.numerator",
       count(*) FILTER (WHERE closed_within) AS "10.denominator"
FROM placed GROUP BY GROUPING SETS ((unit), ())
"""

_ASSESSMENTS: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit,
           c.age_band IN ('under_15', '15_17') AS child,
           (c.opened_at AT TIME ZONE 'Europe/Oslo')::date AS opened_on,
           -- Its row is written over when it is written again; the first completion stands among the events.
           (SELECT (min(moment) AT TIME ZONE 'Europe/Oslo')::date FROM (
                SELECT e.occurred_at AS moment FROM event_archive AS e
                WHERE e.aggregate_id = c.id AND e.type = 'no.forkant.case.assessed.v1'
                UNION ALL
                SELECT a.completed_at FROM assessment AS a WHERE a.case_id = c.id AND a.completed
           ) AS completed) AS assessed_on,
           (SELECT a.child_view IS NOT NULL FROM assessment AS a WHERE a.case_id = c.id AND a.completed
            ORDER BY a.round DESC LIMIT 1) AS heard
    FROM preventive_case AS c WHERE c.erased_at IS NULL AND c.merged_into IS NULL
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE assessed_on - opened_on <= 14) AS "5.numerator",
       count(*) AS "5.denominator",
       count(*) FILTER (WHERE child AND heard) AS "14.numerator",
       count(*) FILTER (WHERE child) AS "14.denominator"
FROM counted WHERE opened_on >= $1 AND opened_on < $2 GROUP BY GROUPING SETS ((unit), ())
"""

_PLANS: Final = """
WITH counted AS (
    SELECT DISTINCT ON (c.id) split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit,
           (p.written_at AT TIME ZONE 'Europe/Oslo')::date AS written_on,
           EXISTS (SELECT FROM plan_goal AS g WHERE g.case_id = p.case_id AND g.round = p.round
                   AND g.measurable AND g.baseline IS NOT NULL) AS measurable
    FROM plan AS p JOIN preventive_case AS c ON c.id = p.case_id
    WHERE c.erased_at IS NULL AND c.merged_into IS NULL ORDER BY c.id, p.round DESC
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE measurable) AS "7.numerator",
       count(*) AS "7.denominator"
FROM counted WHERE written_on >= $1 AND written_on < $2 GROUP BY GROUPING SETS ((unit), ())
"""

_EVALUATIONS: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit, e.effect,
           (e.completed_at AT TIME ZONE 'Europe/Oslo')::date AS completed_on
    FROM evaluation AS e JOIN preventive_case AS c ON c.id = e.case_id AND c.round = e.round
    WHERE e.completed AND c.erased_at IS NULL AND c.merged_into IS NULL
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE effect = 'achieved') AS "11.numerator",
       count(*) AS "11.denominator",
       count(*) FILTER (WHERE effect = 'harm') AS "11.effect_harm",
       count(*) FILTER (WHERE effect = 'not_known') AS "11.effect_not_known"
FROM counted WHERE completed_on >= $1 AND completed_on < $2 GROUP BY GROUPING SETS ((unit), ())
"""

_MEASURES: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit, m.arena, m.state,
           m.method_version IS NOT NULL AS standardised, m.mandatory_steps_met AS met,
           (m.planned_at AT TIME ZONE 'Europe/Oslo')::date AS planned_on,
           (m.completed_at AT TIME ZONE 'Europe/Oslo')::date AS completed_on
    FROM measure AS m JOIN preventive_case AS c ON c.id = m.case_id
    WHERE m.state <> 'cancelled' AND c.erased_at IS NULL AND c.merged_into IS NULL
), placed AS (
    SELECT *, planned_on >= $1 AND planned_on < $2 AS planned_within,
           state = 'completed' AND standardised AND completed_on >= $1 AND completed_on < $2 AS standard_within
    FROM counted
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE standard_within AND met) AS "12.numerator",
       count(*) FILTER (WHERE standard_within) AS "12.denominator",
       count(*) FILTER (WHERE planned_within AND arena = 'digital') AS "17.numerator",
       count(*) FILTER (WHERE planned_within) AS "17.denominator"
FROM placed GROUP BY GROUPING SETS ((unit), ())
"""

_CONCERNS: Final = """
WITH counted AS (
    SELECT split_part(coalesce(unit_of_its_time, unit), '/', 1) AS unit, outcome,
           (received_at AT TIME ZONE 'Europe/Oslo')::date AS received_on,
           (decided_at AT TIME ZONE 'Europe/Oslo')::date AS decided_on,
           floor(extract(epoch FROM decided_at - received_at) / 3600)::int AS hours
    FROM concern
)
SELECT coalesce(unit, 'national') AS unit,
       count(*) FILTER (WHERE received_on >= $1 AND received_on < $2) AS "counts.concerns_received",
       count(*) FILTER (WHERE decided_on >= $1 AND decided_on < $2) AS "2.denominator",
       percentile_disc(0.5) WITHIN GROUP (ORDER BY hours) FILTER (WHERE decided_on >= $1 AND decided_on < $2)
           AS "2.median",
       percentile_disc(0.9) WITHIN GROUP (ORDER BY hours) FILTER (WHERE decided_on >= $1 AND decided_on < $2)
           AS "2.p90",
       count(*) FILTER (WHERE outcome = 'case' AND decided_on >= $1 AND decided_on < $2) AS "3.numerator",
       count(*) FILTER (WHERE decided_on >= $1 AND decided_on < $2) AS "3.denominator"
FROM counted GROUP BY GROUPING SETS ((unit), ())
"""

_SHARES: Final = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 19, 21)

NOTHING: Final[Figures] = {
    "counts.open": 0,
    "counts.opened": 0,
    "counts.closed": 0,
    "counts.concerns_received": 0,
    "1.numerator": 0,
    "2.denominator": 0,
    "2.median": None,
    "2.p90": None,
    "3.numerator": 0,
    "3.denominator": 0,
    "4.denominator": 0,
    "4.median": None,
    "4.p90": None,
    "4.not_started": 0,
    "4.ended_without_measure": 0,
    **{f"{share}.{part}": 0 for share in _SHARES for part in ("numerator", "denominator")},
    "11.effect_harm": 0,
    "11.effect_not_known": 0,
    **{f"13.{kind}": 0 for kind in APART},
}
"""What a unit without cases and concerns has."""


async def recount(
    connection: "asyncpg.Connection[asyncpg.Record]",
    *,
    period: Period,
    units: tuple[str, ...],
    goals: Collection[tuple[str, UUID]] = (),
) -> Mapping[str, Figures]:
    """Return every unit's figures for the period, and the national total's.

    ``goals`` are those of the units' plans that were in force on the day that the period counts until.

    Open cases are left out of a past month: when a case was referred or rejected stands only in its events.
    """
    found: dict[str, dict[str, int | None]] = {unit: dict(NOTHING) for unit in (*units, NATIONAL)}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for query in (_CASES, _CONCERNS, _ASSESSMENTS, _PLANS, _EVALUATIONS, _MEASURES):
            _add(found, await connection.fetch(query, period.first, period.until))
        day = period.counted_until
        _add(found, await connection.fetch(ACTIVE, day, period.current))
        in_force = [unit for unit, _ in goals], [goal for _, goal in goals]
        _add(found, await connection.fetch(TIED, day, period.current, *in_force))
        _add(found, await connection.fetch(DUE, period.first, day))
        _add(found, await connection.fetch(INFORMATION, day))
    if not period.current:
        for figures in found.values():
            del figures["counts.open"]
    return found


def _add(found: dict[str, dict[str, int | None]], rows: Iterable[asyncpg.Record]) -> None:
    for row in rows:
        figures = found.setdefault(row["unit"], dict(NOTHING))
        figures.update({name: value for name, value in row.items() if name != "unit"})
