"""What stays known of a case: whether access to it is restricted, and that it was erased."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ERASED: Final = text("""
SELECT case_id, erased_version FROM case_standing
WHERE case_id = ANY(CAST(:ids AS uuid[])) AND erased_version IS NOT NULL
""")
_STORE: Final = text("""
INSERT INTO case_standing AS s (case_id, version, restricted, erased_version, updated_at)
SELECT case_id, version, restricted, erased_version, CAST(:now AS timestamptz)
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:restricted AS boolean[]), CAST(:erased AS int[]))
     AS c (case_id, version, restricted, erased_version)
ORDER BY case_id
ON CONFLICT (case_id) DO UPDATE
SET version = EXCLUDED.version, restricted = EXCLUDED.restricted,
    erased_version = coalesce(s.erased_version, EXCLUDED.erased_version), updated_at = EXCLUDED.updated_at
WHERE s.version < EXCLUDED.version
""")
_RESTRICTED: Final = text("""
SELECT CAST(:id AS uuid) = ANY (restricted_cases())
""")
_FORGET_ANSWERS: Final = text("DELETE FROM idempotency_key WHERE aggregate_id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands after an event of it."""

    version: int
    restricted: bool
    erased_version: int | None = None


async def erased_versions(conn: AsyncConnection, case_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return which of the cases were erased, and with which version."""
    found = await conn.execute(_ERASED, {"ids": sorted(set(case_ids))})
    return {row.case_id: row.erased_version for row in found}


async def store(conn: AsyncConnection, standings: Mapping[UUID, Standing], *, now: datetime) -> None:
    """Store how cases stand, unless something later is known already."""
    if not standings:
        return
    ids = sorted(standings)
    bind = {
        "ids": ids,
        "versions": [standings[i].version for i in ids],
        "restricted": [standings[i].restricted for i in ids],
        "erased": [standings[i].erased_version for i in ids],
        "now": now,
    }
    await conn.execute(_STORE, bind)


async def is_restricted(conn: AsyncConnection, case_id: UUID) -> bool:
    """Whether access to a case is restricted now."""
    return bool((await conn.execute(_RESTRICTED, {"id": case_id})).scalar_one())


async def forget_answers(conn: AsyncConnection, case_ids: Iterable[UUID]) -> None:
    """Remove the stored answers of requests that were about these cases."""
    await conn.execute(_FORGET_ANSWERS, {"ids": sorted(set(case_ids))})
