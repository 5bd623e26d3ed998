"""Reads: which goals of prevention plans were in force, and so which cases that are tied to one count as tied.

A case is tied by its own events alone, and counts in cells of that goal; whether the goal is one of the plan in force
of the unit that holds the case is asked on the day that figures are about. So a plan that is approved, ends or is
withdrawn changes figures at once, and no cell.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.definitions.metrics import GoalMetric, goal_metric

_IN_FORCE: Final = text("""
SELECT v.unit, g.goal_id, v.first_day AS first, v.last_day AS last
FROM prevention_plan_version AS v JOIN prevention_plan_goal AS g ON g.plan_id = v.plan_id AND g.number = v.number
WHERE v.first_day <= :last AND v.last_day >= :first
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalInForce:
    """A goal of a unit's plan, the cells of the cases that are tied to it, and the days on which it was in force."""

    unit: str
    metric: GoalMetric
    first: date
    last: date


async def goals_in_force(conn: AsyncConnection, *, first: date, last: date) -> tuple[GoalInForce, ...]:
    """Return the goals that were, are or will be in force on some of these days; one may be of several versions."""
    rows = await conn.execute(_IN_FORCE, {"first": first, "last": last})
    return tuple(
        GoalInForce(unit=row.unit, metric=goal_metric(row.goal_id), first=row.first, last=row.last) for row in rows
    )


def counting_on(goals: Collection[GoalInForce], day: date) -> frozenset[tuple[str, str]]:
    """Return which cells of goals count on a day, as pairs of a district and a metric: of its own plan alone."""
    return frozenset((goal.unit, str(goal.metric)) for goal in goals if goal.first <= day <= goal.last)


async def goals_of(conn: AsyncConnection, unit: str, day: date) -> frozenset[str]:
    """Return the metrics of the goals of a unit's plan that were, are or will be in force on a day."""
    in_force = counting_on(await goals_in_force(conn, first=day, last=day), day)
    return frozenset(metric for whose, metric in in_force if whose == unit)
