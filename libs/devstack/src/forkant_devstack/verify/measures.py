"""G2 of measures by method and by arena: counted again from the case service's tables, and held against the answers.

As in :mod:`.recount`, nothing is shared with the indicator service.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Final

import asyncpg
import httpx

from forkant_devstack.verify.figures import UnreadableFiguresError
from forkant_devstack.verify.report import Check, Difference

SPLITS: Final = ((8, "method"), (8, "arena"), (12, "method"), (12, "arena"), (17, "method"))
"""The indicators of measures, and by what they are split."""
_PAUSE_S: Final = 0.5
_RECOUNT: Final = """
WITH counted AS (
    SELECT split_part(coalesce(c.unit_of_its_time, c.unit), '/', 1) AS unit, m.arena,
           coalesce(m.method_code, 'without_method') AS method, m.arena = 'digital' AS digital,
           m.mandatory_steps_met AS met, (m.planned_at AT TIME ZONE 'Europe/Oslo')::date >= $1 AS planned,
           m.state = 'completed' AND m.method_code IS NOT NULL
               AND (m.completed_at AT TIME ZONE 'Europe/Oslo')::date >= $1 AS standard,
           -- What is due while its case is on hold waits for the day that it moves to.
           m.due_on BETWEEN $1 AND $2
               AND NOT (c.state = 'on_hold' AND m.completed_at IS NULL AND m.due_on >= c.held_on) AS due,
           (m.completed_at AT TIME ZONE 'Europe/Oslo')::date <= m.due_on AS in_time
    FROM measure AS m JOIN preventive_case AS c ON c.id = m.case_id
    WHERE m.state <> 'cancelled' AND c.erased_at IS NULL AND c.merged_into IS NULL
), split AS (
    SELECT 'method' AS dimension, method AS category, * FROM counted
    UNION ALL SELECT 'arena', arena, * FROM counted
)
SELECT coalesce(unit, 'national') AS unit, dimension, category,
       count(*) FILTER (WHERE due AND in_time) AS "8.numerator", count(*) FILTER (WHERE due) AS "8.denominator",
       count(*) FILTER (WHERE standard AND met) AS "12.numerator",
       count(*) FILTER (WHERE standard) AS "12.denominator",
       count(*) FILTER (WHERE planned AND digital) AS "17.numerator",
       count(*) FILTER (WHERE planned) AS "17.denominator"
FROM split GROUP BY GROUPING SETS ((unit, dimension, category), (dimension, category))
"""

_Place = tuple[int, str, str]
"""An indicator, by what it is split, and the unit."""
_Split = Mapping[str, int]
"""Counts other than 0 of an indicator of one unit, by category and part."""


async def check_measures(
    cases: "asyncpg.Connection[asyncpg.Record]", http: httpx.AsyncClient, *, first: date, day: date, settle_s: float
) -> Check:
    """Return whether the breakdowns of the last twelve months are those that the tables say.

    Args:
        cases: a connection to the case service's database.
        http: a client of the indicator service, for whom nothing is hidden.
        first: the first day of the twelve months.
        day: the day that they are counted until.
        settle_s: how long a breakdown may differ, since people may be working.
    """
    deadline = asyncio.get_running_loop().time() + settle_s
    recounts: list[Mapping[_Place, _Split]] = []
    right: set[_Place] = set()
    compared = 0
    while True:
        recounts.append(await _recounted(cases, first, day))
        found = {place: split for asked in SPLITS for place, split in (await _read(http, *asked)).items()}
        compared = len(found)
        right |= {place for place in found if any(each.get(place, {}) == found[place] for each in recounts)}
        wrong = {
            place: (found.get(place, {}), recounts[-1].get(place, {})) for place in {*found, *recounts[-1]} - right
        }
        if not wrong or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(_PAUSE_S)
    return Check(
        guarantee="G2",
        name="indicators of measures by method and by arena, rolling 12 months",
        compared=compared,
        differences=[each for item in sorted(wrong.items()) for each in _differences(*item)],
    )


def _differences(place: _Place, splits: tuple[_Split, _Split]) -> list[Difference]:
    number, by, unit = place
    found, expected = splits
    return [
        Difference(
            f"{unit} {number} by {by}, {name}",
            f"the indicator service says {found.get(name, 0)}",
            str(expected.get(name, 0)),
        )
        for name in sorted(found.keys() | expected.keys())
        if found.get(name, 0) != expected.get(name, 0)
    ]


async def _recounted(cases: "asyncpg.Connection[asyncpg.Record]", first: date, day: date) -> Mapping[_Place, _Split]:
    found: defaultdict[_Place, dict[str, int]] = defaultdict(dict)
    for row in await cases.fetch(_RECOUNT, first, day):
        for number, by in SPLITS:
            for part in ("numerator", "denominator"):
                if by == row["dimension"] and row[f"{number}.{part}"]:
                    found[number, by, row["unit"]][f"{row['category']} {part}"] = row[f"{number}.{part}"]
    return found


async def _read(http: httpx.AsyncClient, number: int, by: str) -> Mapping[_Place, _Split]:
    answer = await http.get(f"/v1/indicators/{number}/breakdown", params={"by": by})
    if answer.status_code != httpx.codes.OK:
        raise UnreadableFiguresError(f"{answer.url} was answered with {answer.status_code}")
    found: dict[_Place, _Split] = {}
    for row in answer.json()["rows"]:
        parts = {
            f"{each['category']} {part}": each[part]["value"]
            for each in row["categories"]
            for part in ("numerator", "denominator")
        }
        found[number, by, row["unit"]] = {name: value for name, value in parts.items() if value}
    return found
