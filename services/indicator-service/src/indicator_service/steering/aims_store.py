"""The SQL that tells what was in force on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cited import CitedPriority
from indicator_service.steering.aims import Aim, Aims, Place

# What a unit is to reach ends with the unit.
_VERSIONS: Final = """
SELECT t.unit, t.indicator, t.period, v.target_id, v.number AS version, CAST(v.goal AS float8) AS goal,
       CAST(v.near AS float8) AS near, CAST(v.margin AS float8) AS margin, v.hold_days, v.first_day,
       least(v.last_day, u.last_day) AS last_day
FROM target_version AS v JOIN target AS t ON t.id = v.target_id
LEFT JOIN (SELECT unit, min(effective_on) - 1 AS last_day FROM unit_change WHERE change = 'ended' GROUP BY unit) AS u
    ON u.unit = t.unit
"""
_TARGETS: Final = text(
    f"{_VERSIONS} WHERE v.first_day <= :day AND coalesce(least(v.last_day, u.last_day), 'infinity') >= :day"
)
_THROUGH: Final = text(f"""{_VERSIONS}
WHERE t.indicator = :indicator AND t.period = :period
  AND v.first_day <= :last AND coalesce(least(v.last_day, u.last_day), 'infinity') >= :first
ORDER BY v.first_day
""")
_PRIORITIES: Final = text("""
SELECT id, unit, indicator, theme, first_day, last_day, reason FROM priority
WHERE first_day <= :day AND last_day >= :day AND (ended_on IS NULL OR ended_on > :day)
  AND NOT EXISTS (SELECT FROM unit_change AS u
                  WHERE u.unit = priority.unit AND u.change = 'ended' AND u.effective_on <= :day)
ORDER BY unit = 'national' DESC, unit, id
""")


def day_of_judgement(period: Period, *, today: date) -> date:
    """Return the day whose targets a period's figures are held against: its last, or today while it goes on."""
    return min(period.last_day, today)


async def read_aims(conn: AsyncConnection, *, period: Period, today: date) -> Aims:
    """Return the targets in force at the end of a period, or today, and the priorities of that day."""
    day = day_of_judgement(period, today=today)
    return Aims(targets=await _targets(conn, day), priorities=await _priorities(conn, day))


async def read_aims_through(
    conn: AsyncConnection, *, periods: Sequence[Period], indicator: int, today: date
) -> dict[date, Aims]:
    """Return the targets of one indicator in force at the end of each of some periods of a kind, by their last month.

    Priorities are not among them: they are about what comes first today.
    """
    days = {period.last_month: day_of_judgement(period, today=today) for period in periods}
    bind = {
        "indicator": indicator,
        "period": periods[0].kind,
        "first": min(days.values()),
        "last": max(days.values()),
    }
    found = [_placed(row) for row in (await conn.execute(_THROUGH, bind)).mappings()]
    return {
        month: Aims(targets={place: aim for place, aim in found if _in_force(aim, day)}) for month, day in days.items()
    }


def _in_force(aim: Aim, day: date) -> bool:
    return aim.first_day <= day and (aim.last_day is None or aim.last_day >= day)


def _placed(row: RowMapping) -> tuple[Place, Aim]:
    values = dict(row)
    place = (values["unit"], values.pop("indicator"), values.pop("period"))
    return place, Aim(**values)


async def _targets(conn: AsyncConnection, day: date) -> dict[Place, Aim]:
    return dict([_placed(row) for row in (await conn.execute(_TARGETS, {"day": day})).mappings()])


async def _priorities(conn: AsyncConnection, day: date) -> tuple[CitedPriority, ...]:
    rows = (await conn.execute(_PRIORITIES, {"day": day})).all()
    return tuple(
        CitedPriority(
            id=row.id,
            unit=row.unit,
            indicator=row.indicator,
            theme=row.theme,
            valid_from=row.first_day,
            valid_until=row.last_day,
            reason=row.reason,
        )
        for row in rows
    )
