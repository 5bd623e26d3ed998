"""Looks whether the database is as new as the code: no process is ready on one that lacks a migration.

A newer database is no fault: what is rolled out next has migrated it already, and the code of before goes on beside it.
It is shown, since it should not stay so.
"""

import re
from importlib.resources import files
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import db_metrics as metrics
from forkant_kit.health import ReadinessCheck

BEHIND: Final = "behind"
"""The database lacks a migration that the code has."""
AHEAD: Final = "ahead"
"""The database has a migration that the code doesn't know."""

_REVISION: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.py")
_FOUND: Final = text("SELECT version_num FROM alembic_version")
_log = structlog.get_logger(__name__)


class SchemaBehindError(RuntimeError):
    """The database lacks a migration that this code needs."""


def revisions(package: str) -> list[str]:
    """Return the revisions of a service, oldest first, by the names of their files: Alembic itself is slow to load."""
    names = [_REVISION.fullmatch(path.name) for path in (files(package) / "migrations/versions").iterdir()]
    return sorted(found[1] for found in names if found)


def schema_check(engine: AsyncEngine, *, package: str) -> ReadinessCheck:
    """Return the check that the database has every migration of a service; how it stands is measured."""
    known = revisions(package)

    async def probe() -> None:
        async with engine.connect() as conn:
            found = (await conn.execute(_FOUND)).scalar_one_or_none()
        state = None if found == known[-1] else BEHIND if found is None or found in known else AHEAD
        for each in (BEHIND, AHEAD):
            metrics.SCHEMA_MISMATCH.labels(each).set(each == state)
        if state == BEHIND:
            _log.error("schema_behind", found=found or "none", needed=known[-1])
            raise SchemaBehindError("the database lacks a migration: run the migrations of this release")

    return ReadinessCheck("schema", probe)
