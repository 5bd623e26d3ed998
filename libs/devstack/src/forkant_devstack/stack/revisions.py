"""Whether a database needs its migrations: asking costs a query, running them a second of each start."""

import importlib.util
import re
from pathlib import Path

import asyncpg

_REVISION = re.compile(r"""^(down_)?revision\b[^=]*=\s*(?:["']([^"']+)["']|None)""", re.MULTILINE)


async def must_migrate(package: str, database_url: str) -> bool:
    """Say whether the database is at another revision than the newest of the package's migrations."""
    connection = await asyncpg.connect(database_url)
    try:
        if not await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
            return True
        found = {row["version_num"] for row in await connection.fetch("SELECT version_num FROM alembic_version")}
    finally:
        await connection.close()
    return found != heads(_versions_folder(package))


def heads(folder: Path) -> set[str]:
    """Give the revisions that no other one builds on."""
    made: set[str] = set()
    built_on: set[str] = set()
    for path in folder.glob("*.py"):
        for is_down, revision in _REVISION.findall(path.read_text(encoding="utf-8")):
            (built_on if is_down else made).add(revision)
    return made - built_on


def _versions_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "migrations" / "versions"
