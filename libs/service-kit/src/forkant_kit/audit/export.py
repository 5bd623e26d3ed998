"""The audit trail as documents that the stand-alone verifier reads, from one snapshot of the database."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import asyncpg

from forkant_kit.audit.entries import COLUMNS, entry_of
from forkant_kit.audit.sealer import BASE, base_of

_LINKED: Final = f"""
SELECT l.position, l.hash, {COLUMNS} FROM audit_link AS l
LEFT JOIN audit_entry AS e ON e.at = l.at AND e.seq = l.seq ORDER BY l.position, l.segment
"""  # noqa: S608 - fixed texts of ours
# What the sealer has not come to yet is newer than its place, or in a later month.
_LOOSE: Final = f"""
SELECT {COLUMNS},
       NOT (e.at >= (c.segment + interval '1 month') AT TIME ZONE 'UTC'
            OR ((e.xid, e.seq) > (c.sealed_xid, c.sealed_seq)
                AND (e.at >= c.segment::timestamp AT TIME ZONE 'UTC' OR e.xid >= c.opened_xid))) AS passed
FROM audit_entry AS e CROSS JOIN audit_chain AS c
WHERE NOT EXISTS (SELECT FROM audit_link AS l WHERE l.at = e.at AND l.seq = e.seq)
ORDER BY e.at, e.seq
"""  # noqa: S608 - fixed texts of ours


async def documents(database_url: str) -> AsyncIterator[dict[str, Any]]:
    """Give the documents in order; see ``standalone`` for their form."""
    connection = await asyncpg.connect(database_url, server_settings={"jit": "off"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            row = await connection.fetchrow(BASE)
            if row is None:
                raise LookupError("there is no audit chain: bring the database to the newest version")
            yield {"kind": "chain", "chain": str(row["chain"]), "base": base_of(row)}
            async for each in connection.cursor(_LINKED, prefetch=2_000):
                entry = None if each["seq"] is None else entry_of(each)
                yield {"kind": "entry", "position": each["position"], "hash": each["hash"].hex(), "entry": entry}
            async for each in connection.cursor(_LOOSE, prefetch=2_000):
                yield {"kind": "entry", "position": None, "passed": each["passed"], "entry": entry_of(each)}
            yield {"kind": "end", "position": row["position"], "hash": row["hash"].hex()}
    finally:
        await connection.close()


async def export(database_url: str, path: Path) -> int:
    """Write the documents to a file that only its owner can read; return how many."""
    count = 0
    # A command of its own: nothing else waits for the file.
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(place, "w", encoding="ascii") as file:
        async for document in documents(database_url):
            file.write(json.dumps(document, separators=(",", ":")) + "\n")
            count += 1
    return count
