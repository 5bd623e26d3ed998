"""What people chose of how and when they are told."""

from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.languages import Language
from notification_service.domain.pacing import Pace

_SAVE: Final = text("""
INSERT INTO preference AS p (person, language, time_zone, quiet_start, quiet_end, digest, digest_hour, digest_weekday,
                             kinds, version, created_at, updated_at)
SELECT CAST(:person AS text), CAST(:language AS text), CAST(:time_zone AS text), CAST(:quiet_start AS time),
       CAST(:quiet_end AS time), CAST(:digest AS text), CAST(:digest_hour AS int), CAST(:digest_weekday AS int),
       CAST(:kinds AS jsonb), 1, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
WHERE CAST(:version AS int) = 0
ON CONFLICT (person) DO NOTHING
RETURNING version
""")
_CHANGE: Final = text("""
UPDATE preference
SET language = :language, time_zone = :time_zone, quiet_start = CAST(:quiet_start AS time),
    quiet_end = CAST(:quiet_end AS time), digest = :digest, digest_hour = :digest_hour,
    digest_weekday = :digest_weekday, kinds = CAST(:kinds AS jsonb), version = version + 1, updated_at = :now
WHERE person = :person AND version = :version RETURNING version
""")


async def save(
    conn: AsyncConnection, *, person: str, language: Language, pace: Pace, version: int, now: datetime
) -> bool:
    """Store what a person chose, who has seen this version (0 before the first time); false when it is another."""
    bind = {"person": person, "language": language.value, "version": version, "now": now, **_columns(pace)}
    statement = _CHANGE if version else _SAVE
    return (await conn.execute(statement, bind)).one_or_none() is not None


def _columns(pace: Pace) -> dict[str, Any]:
    quiet, digest = pace.quiet, pace.digest
    return {
        "time_zone": pace.zone,
        "quiet_start": None if quiet is None else quiet.start,
        "quiet_end": None if quiet is None else quiet.end,
        "digest": None if digest is None else digest.every.value,
        "digest_hour": None if digest is None else digest.hour,
        "digest_weekday": None if digest is None else digest.weekday,
        "kinds": orjson.dumps({kind.value: how.value for kind, how in sorted(pace.kinds.items())}).decode(),
    }
