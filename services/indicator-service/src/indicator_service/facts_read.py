"""The facts of a generation, unit by unit, for what is counted from all of them."""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.facts import Fact
from indicator_service.fact_codec import case_from_json, concern_from_json

_BATCH: Final = 1_000
_UNITS: Final = text("""
SELECT unit FROM case_fact WHERE generation = :generation
UNION SELECT unit FROM concern_fact WHERE generation = :generation ORDER BY unit
""")
_CASES: Final = text("SELECT CAST(fact AS text) AS fact FROM case_fact WHERE generation = :generation AND unit = :unit")
_CONCERNS: Final = text(
    "SELECT CAST(fact AS text) AS fact FROM concern_fact WHERE generation = :generation AND unit = :unit"
)


async def units_with_facts(conn: AsyncConnection, generation: int) -> list[str]:
    """Return the units, operational ones too, that a generation has facts of."""
    return list((await conn.execute(_UNITS, {"generation": generation})).scalars())


async def facts_of_unit(conn: AsyncConnection, generation: int, unit: str) -> AsyncIterator[Fact]:
    """Yield the facts of a unit, some at a time, so that other work of the process goes on in between."""
    for statement, read in ((_CASES, case_from_json), (_CONCERNS, concern_from_json)):
        bind = {"generation": generation, "unit": unit}
        async with conn.stream(statement, bind, execution_options={"yield_per": _BATCH}) as rows:
            async for row in rows:
                yield read(row.fact)
