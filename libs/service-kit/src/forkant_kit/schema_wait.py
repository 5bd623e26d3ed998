"""Waits until a database is as new as the code beside it: for what must not start before its migrations."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
from alembic.script import ScriptDirectory

_PAUSE_S: Final = 1.0
_SAY_EVERY: Final = 10
_NOT_THERE: Final = (
    OSError,
    TimeoutError,
    asyncpg.UndefinedTableError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
)
"""What a server says that is not made yet, or not made ready."""


class SchemaTooOldError(RuntimeError):
    """The database did not become as new as the code in time; the text says how it stood."""


async def wait_for_schema(
    *, database_url: str, script_location: Path, deadline_s: float, say: Callable[[str], None] = print
) -> None:
    """Return once the database is at the newest revision of ``script_location``, or at one that this code doesn't know.

    The unknown one is newer: what is rolled out next has migrated already, and the code of before goes on beside it.

    Raises:
        SchemaTooOldError: it was neither within ``deadline_s`` seconds.
    """
    scripts = ScriptDirectory(str(script_location))
    known, head = {each.revision for each in scripts.walk_revisions()}, scripts.get_current_head()
    loop = asyncio.get_running_loop()
    deadline, looks = loop.time() + deadline_s, 0
    while True:
        found = await _revision(database_url)
        if found is not None and (found == head or found not in known):
            return
        standing = f"the database is at revision {found or 'none'}, and {head} is needed"
        if loop.time() > deadline:
            raise SchemaTooOldError(f"{standing}: did the migration fail? See the log of its job.")
        if looks % _SAY_EVERY == 0:
            say(f"waiting: {standing}")
        looks += 1
        await asyncio.sleep(_PAUSE_S)


async def _revision(database_url: str) -> str | None:
    try:
        connection = await asyncpg.connect(database_url, timeout=5)
    except _NOT_THERE:
        return None
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except _NOT_THERE:
        return None
    finally:
        await connection.close(timeout=1)
    return found
