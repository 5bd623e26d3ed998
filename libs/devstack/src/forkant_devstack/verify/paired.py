"""Compares two queries that should say the same: each gives keys and facts, and what differs is listed."""

from dataclasses import dataclass

import asyncpg

from forkant_devstack.verify.report import SHOWN, Check, Difference

_COMPARE = """
WITH {common}
table_side (key, fact) AS ({tables}),
event_side (key, fact) AS ({events}),
both_sides AS (
    SELECT key, t.fact AS in_tables, e.fact AS in_events, t.fact IS DISTINCT FROM e.fact AS differs
    FROM table_side AS t FULL JOIN event_side AS e USING (key)
)
SELECT key, in_tables, in_events, count(*) OVER () AS differing, (SELECT count(*) FROM both_sides) AS compared
FROM both_sides WHERE differs ORDER BY key LIMIT {shown}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two queries with columns ``key`` and ``fact`` (text): what the tables say, and what the events say."""

    name: str
    tables: str
    events: str


async def compare(
    connection: "asyncpg.Connection[asyncpg.Record]", pair: Pair, *, guarantee: str, common: str
) -> Check:
    """Run both queries in one statement, so in one snapshot, and return what differs."""
    parts = {"common": common, "tables": pair.tables, "events": pair.events}
    rows = await connection.fetch(_COMPARE.format(**parts, shown=SHOWN))
    compared = (
        rows[0]["compared"]
        if rows
        else await connection.fetchval(
            f"WITH {common} table_side (key, fact) AS ({pair.tables}) SELECT count(*) FROM table_side"  # noqa: S608
        )
    )
    return Check(
        guarantee=guarantee,
        name=pair.name,
        compared=compared,
        differing=rows[0]["differing"] if rows else 0,
        differences=[
            Difference(
                row["key"],
                "not in the tables" if row["in_tables"] is None else f"tables say {row['in_tables']}",
                "nothing, for no event says so" if row["in_events"] is None else row["in_events"],
            )
            for row in rows
        ],
    )
