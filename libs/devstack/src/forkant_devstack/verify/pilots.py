"""Pilots: who takes part, as the indicator service decided it, and as the case service opens cases by it."""

from typing import Final

import asyncpg

from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.report import Check, Difference

_DECIDED: Final = """
SELECT p.id::text AS pilot, format('version %s', p.told) AS version, e.unit,
       greatest(e.first_day, p.first_day) AS first, least(e.last_day, p.closes) AS last
FROM pilot AS p JOIN pilot_enrolment AS e ON e.pilot_id = p.id
"""
_KEPT: Final = """
SELECT p.id::text AS pilot, format('version %s', p.version) AS version, e.unit,
       greatest(e.first_day, p.first_day) AS first, least(e.last_day, p.last_day) AS last
FROM pilot AS p JOIN pilot_unit AS e ON e.pilot_id = p.id
"""
_NONE: Final = "unknown"


async def check_pilots(platform: Platform) -> Check:
    """Return the check that the case service knows every pilot that has units as the indicator service decided it."""
    decided = await _pilots(platform.indicator_database, _DECIDED)
    kept = await _pilots(platform.case_database, _KEPT)
    differences = [
        Difference(f"pilot {pilot}", kept.get(pilot, _NONE), decided.get(pilot, _NONE))
        for pilot in sorted(decided.keys() | kept.keys())
        if decided.get(pilot) != kept.get(pilot)
    ]
    return Check(
        guarantee="G2", name="pilots as they are decided and as cases are opened by them", compared=len(decided),
        differences=differences,
    )  # fmt: skip


async def _pilots(database_url: str, query: str) -> dict[str, str]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(query)
    finally:
        await connection.close()
    found: dict[str, list[str]] = {}
    versions = {row["pilot"]: row["version"] for row in rows}
    for row in rows:
        days = found.setdefault(row["pilot"], [])
        if row["first"] <= row["last"]:
            days.append(f"{row['unit']} {row['first']} to {row['last']}")
    return {pilot: ", ".join([versions[pilot], *sorted(days)]) for pilot, days in found.items()}
