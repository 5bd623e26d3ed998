"""Looks whether row-level security stands: no process is ready on a database where it does not."""

from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.health import ReadinessCheck
from forkant_kit.rls.schema import UNGUARDED

# A view reads with its owner's rights unless it says otherwise, and a partition is not guarded by its whole's policies.
_GAPS: Final = text("""
WITH opened AS (
    SELECT c.oid FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace
      AND (c.relname = ANY (CAST(:free AS text[]))
           OR :marked AND starts_with(obj_description(c.oid, 'pg_class'), CAST(:mark AS text)))
)
SELECT 'the role is a superuser' AS gap FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'the role may bypass row-level security' FROM pg_roles WHERE rolname = current_user AND rolbypassrls
UNION ALL
SELECT format('the role may become %s, who owns the table %s', pg_get_userbyid(c.relowner), c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND pg_has_role(current_user, c.relowner, 'MEMBER')
  AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)
UNION ALL
SELECT format('the table %s has no forced row-level security with policies', c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM opened WHERE opened.oid = c.oid)
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))
UNION ALL
SELECT format('%s is read past the policies of its tables', c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM opened WHERE opened.oid = c.oid)
  AND (c.relkind IN ('m', 'f') OR (c.relkind = 'v' AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)))
UNION ALL
SELECT format('the partition %s can be read past the policies of its table', c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relispartition AND NOT c.relrowsecurity
  AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
ORDER BY 1
""")
_log = structlog.get_logger(__name__)


class RowSecurityError(RuntimeError):
    """The database lets the service's role see or write more than the policies of the tables say."""


async def gaps(conn: AsyncConnection, *, free: Mapping[str, str], marked: bool = False) -> list[str]:
    """Return where the wall has a gap for the role of this connection.

    Args:
        conn: a connection as the role that is asked about.
        free: tables that need no guard, each with the reason.
        marked: whether those pass too that their migration says it of (``rls.schema.unguarded``).
    """
    return list((await conn.execute(_GAPS, {"free": list(free), "marked": marked, "mark": UNGUARDED})).scalars())


def row_security_check(engine: AsyncEngine, *, free: Mapping[str, str]) -> ReadinessCheck:
    """Return the check that row-level security stands; what is missing is logged.

    A table of the next release that its migration says needs no guard is no gap: this one runs beside it.
    """

    async def probe() -> None:
        async with engine.connect() as conn:
            found = await gaps(conn, free=free, marked=True)
        if found:
            _log.error("row_security_gaps", gaps=found)
            raise RowSecurityError("row-level security does not stand: run the migrations, and log in as the app role")

    return ReadinessCheck("row-security", probe)
