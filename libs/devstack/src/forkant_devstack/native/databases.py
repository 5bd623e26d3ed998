"""Makes a service's database and its two roles: one owns and migrates, the other reads and writes rows."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError

_ENSURE_ROLE = """
SELECT format(
    '%s ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L',
    CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = $1) THEN 'ALTER' ELSE 'CREATE' END, $1::text, $2::text)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUrls:
    """How to reach one database: as its owner (migrations) and as the application role (rows only)."""

    owner_url: str
    app_url: str


async def create_database(admin_url: str, name: str, *, owner_password: str, app_password: str) -> DatabaseUrls:
    """Make database `name` with roles `<name>_owner` and `<name>_app`; what is there stays, passwords are set anew."""
    owner, app = f"{name}_owner", f"{name}_app"
    connection = await asyncpg.connect(admin_url)
    try:
        for role, password in ((owner, owner_password), (app, app_password)):
            await connection.execute(await connection.fetchval(_ENSURE_ROLE, role, password))
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await _execute(connection, "CREATE DATABASE %I OWNER %I TEMPLATE template0", name, owner)
        await _execute(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        await _execute(connection, "GRANT CONNECT ON DATABASE %I TO %I, %I", name, owner, app)
    finally:
        await connection.close()
    return DatabaseUrls(
        owner_url=_url(admin_url, role=owner, password=owner_password, database=name),
        app_url=_url(admin_url, role=app, password=app_password, database=name),
    )


async def close_shared_databases(admin_url: str) -> None:
    """Take from PUBLIC the right to connect to the databases that come with the server."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    finally:
        await connection.close()


async def answers(admin_url: str) -> bool:
    """Say whether the server takes queries now."""
    try:
        connection = await asyncpg.connect(admin_url, timeout=2)
    except (OSError, PostgresError, InterfaceError):
        return False
    await connection.close()
    return True


async def _execute(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    quoted = await connection.fetchval("SELECT format($1, VARIADIC $2::text[])", statement, list(names))
    await connection.execute(quoted)


def _url(admin_url: str, *, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    place = f"{parts.hostname}:{parts.port}"
    return urlunsplit(("postgresql", f"{role}:{quote(password, safe='')}@{place}", f"/{database}", "", ""))
