"""Alembic migrations, run by the owner's role under a lock so that two starts can't collide.

The application role owns nothing: after each run it is granted reading and writing of the rows of each table that a
migration granted nothing on, neither to it nor to the worker's role. The worker's role, a member of it, gets the same.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from forkant_kit.db import asyncpg_url
from forkant_kit.schema_wait import SchemaTooOldError, wait_for_schema
from forkant_kit.settings import EXIT_BAD_SETTINGS

OWNER_URL_VARIABLE: Final = "FORKANT_DATABASE_OWNER_URL"
APP_URL_VARIABLE: Final = "FORKANT_DATABASE_URL"
_WAIT: Final = "wait"
_WAIT_S: Final = 900.0
_LOCK: Final = text("SELECT pg_advisory_lock(hashtext('forkant-migrations'))")


def run_migrations(*, service: str, script_location: Path) -> None:
    """Bring the database at ``FORKANT_DATABASE_OWNER_URL`` to the newest version; the body of ``migrate`` modules.

    Called with ``wait`` it changes nothing, and ends once the database at ``FORKANT_DATABASE_URL`` is new enough.
    """
    if sys.argv[1:] == [_WAIT]:
        _wait(_url(service, APP_URL_VARIABLE, role="the application's or the worker's role"), script_location)
        return
    url = _url(service, OWNER_URL_VARIABLE, role="the owner's role")
    asyncio.run(migrate(owner_url=url, script_location=script_location))


def _url(service: str, variable: str, *, role: str) -> str:
    url = os.environ.get(variable)
    if not url:
        print(f"{service}: set {variable} to the URL of {role}", file=sys.stderr)  # noqa: T201
        raise SystemExit(EXIT_BAD_SETTINGS)
    return url


def _wait(url: str, script_location: Path) -> None:
    try:
        asyncio.run(wait_for_schema(database_url=url, script_location=script_location, deadline_s=_WAIT_S))
    except SchemaTooOldError as error:
        raise SystemExit(str(error)) from None


async def migrate(*, owner_url: str, script_location: Path, revision: str = "head") -> None:
    """Bring a database to a revision; the application role is the owner's name with ``_app`` for ``_owner``.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database refused a step; everything of this run is rolled back.
    """
    engine = create_async_engine(asyncpg_url(owner_url), poolclass=NullPool)
    try:
        async with engine.begin() as conn:
            await conn.execute(_LOCK)
            await conn.run_sync(_upgrade, script_location, revision)
            await conn.run_sync(_grant)
    finally:
        await engine.dispose()


def _upgrade(conn: Connection, script_location: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(script_location))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


def _grant(conn: Connection) -> None:
    owner = conn.execute(text("SELECT current_user")).scalar_one()
    app, worker = (owner.removesuffix("_owner") + role for role in ("_app", "_worker"))
    if not conn.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :app"), {"app": app}).scalar():
        return
    # Only tables not yet granted: a migration's own narrower grants stay as they are.
    tables = conn.execute(
        text(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r','p') "
            "AND NOT c.relispartition AND c.relname <> 'alembic_version' "
            "AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
            "WHERE r.rolname IN (:app, :worker))"
        ),
        {"app": app, "worker": worker},
    ).scalars()
    for table in tables.all():
        conn.exec_driver_sql(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO "{app}"')
    conn.exec_driver_sql(f'GRANT USAGE ON SCHEMA public TO "{app}"')
    if conn.execute(text("SELECT to_regclass('alembic_version')")).scalar() is not None:
        # Whoever starts beside the migrations looks how far they are.
        conn.exec_driver_sql(f'GRANT SELECT ON alembic_version TO "{app}"')
    conn.exec_driver_sql(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{app}"')
