"""Writing the words of cases anew: those of cases of before there was a search, and those under an older key."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from forkant_kit.db import transaction
from forkant_kit.vault import Vault
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from case_service.store import words
from case_service.words import CaseKey

_AT_A_TIME: Final = 100
_NOBODY: Final = UUID(int=0)
# Every case has a title, and with it a row for its own texts.
_TO_WRITE: Final = text("""
SELECT c.id FROM preventive_case AS c
WHERE c.id > :after AND c.erased_at IS NULL AND (
    EXISTS (SELECT FROM case_words AS w WHERE w.case_id = c.id AND w.blinded_by <> :newest)
    OR NOT EXISTS (SELECT FROM case_words AS w WHERE w.case_id = c.id AND w.part = 'preventive_case'))
ORDER BY c.id LIMIT :limit
""")
_HOLD: Final = text("SELECT id, unit FROM hold_cases(CAST(:asked AS uuid[]))")
_BY_KEY: Final = text("SELECT blinded_by AS name, count(*) AS rows FROM case_words GROUP BY 1")


async def count(conn: AsyncConnection) -> Mapping[str, int]:
    """Return how many texts' words are kept under a key derived from each of the service's keys, by its name."""
    return {row.name: row.rows for row in await conn.execute(_BY_KEY)}


async def reword(engine: AsyncEngine, vault: Vault) -> int:
    """Write anew, as the worker's role, the words of every case that are missing or under an older key.

    A transaction for each hundred cases, which are held meanwhile; it may be stopped and repeated.

    Returns:
        How many cases' words were written.

    Raises:
        UnsealError: a text can't be opened; what was done before stays done.
    """
    done, after = 0, _NOBODY
    while True:
        async with transaction(engine) as conn:
            asked = {"after": after, "newest": vault.blinder.newest, "limit": _AT_A_TIME}
            found = (await conn.execute(_TO_WRITE, asked)).scalars().all()
            if not found:
                return done
            await _reword(conn, vault, found)
        done, after = done + len(found), found[-1]


async def _reword(conn: AsyncConnection, vault: Vault, case_ids: Sequence[UUID]) -> None:
    # Those that were erased meanwhile are not among these.
    held = {row.id: row.unit for row in await conn.execute(_HOLD, {"asked": case_ids})}
    keys = await vault.find_many(conn, held)
    await words.save_all(conn, {id_: CaseKey.of(key, vault, held[id_]) for id_, key in keys.items()})
