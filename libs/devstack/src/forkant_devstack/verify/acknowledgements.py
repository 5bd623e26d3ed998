"""G6 in the notification service: what nobody acknowledged goes up once a level and never before its time."""

from itertools import pairwise
from typing import Final

import asyncpg
from forkant_kit.working_days import working_day_after
from notification_service.acknowledgement_rules import acknowledgement_rules
from notification_service.domain.kinds import Kind

from forkant_devstack.verify.report import Check, Difference

_ESCALATED: Final = """
SELECT coalesce(e.first_entry_id, e.id)::text AS chain, e.level, count(*) AS times,
       min((e.created_at AT TIME ZONE 'Europe/Oslo')::date) AS day, min(d.kind) AS kind, min(d.rules) AS rules
FROM inbox_entry AS e JOIN demand AS d ON d.entry_id = coalesce(e.first_entry_id, e.id)
GROUP BY 1, e.level ORDER BY 1, e.level
"""


async def check_acknowledgements(database_url: str) -> Check:
    """Return the check of G6 on the notification service's database, as its worker."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(_ESCALATED)
    finally:
        await connection.close()
    differences = []
    for before, row in pairwise(({"chain": None}, *rows)):
        key = f"message {row['chain']} at level {row['level']}"
        if row["times"] != 1:
            differences.append(Difference(key, f"told {row['times']} times", "told once"))
        if row["level"] == 0:
            continue
        if row["chain"] != before["chain"] or before["level"] != row["level"] - 1:
            differences.append(Difference(key, "told without the level before", "told after it"))
            continue
        rules = next(one for one in acknowledgement_rules() if one.version == row["rules"])
        days = rules.days_until(Kind(row["kind"]), before["level"]) or 0
        first = working_day_after(before["day"], days + 1)
        if row["day"] < first:
            differences.append(Difference(key, f"told on {row['day']}", f"told from {first} on"))
    return Check(
        guarantee="G6",
        name="messages that nobody acknowledged, one a level and never before its time",
        compared=len(rows),
        differences=differences,
    )
