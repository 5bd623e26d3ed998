"""Makes a service's database and its three roles: one owns and migrates, the others read and write rows.

The API and the worker have one each, since row-level security shows an API what its caller may see and a worker all.
"""

from dataclasses import astuple, dataclass
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
    """How to reach one database: as its owner (migrations), the application role (rows only) and the worker's."""

    owner_url: str
    app_url: str
    worker_url: str


async def create_database(
    admin_url: str, name: str, *, owner_password: str, app_password: str, worker_password: str
) -> DatabaseUrls:
    """Make database `name` with roles `<name>_owner`, `<name>_app` and `<name>_worker`.

    The worker may do what the application may, and what migrations grant it besides. What is there stays, passwords are
    set anew.
    """
    owner, app, worker = (f"{name}_{role}" for role in ("owner", "app", "worker"))
    connection = await asyncpg.connect(admin_url)
    try:
        for role, password in ((owner, owner_password), (app, app_password), (worker, worker_password)):
            await connection.execute(await connection.fetchval(_ENSURE_ROLE, role, password))
        await _execute(connection, "GRANT %I TO %I", app, worker)
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await _execute(connection, "CREATE DATABASE %I OWNER %I TEMPLATE template0", name, owner)
        await _execute(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        await _execute(connection, "GRANT CONNECT ON DATABASE %I TO %I, %I, %I", name, owner, app, worker)
    finally:
        await connection.close()
    return DatabaseUrls(
        owner_url=_url(admin_url, role=owner, password=owner_password, database=name),
        app_url=_url(admin_url, role=app, password=app_password, database=name),
        worker_url=_url(admin_url, role=worker, password=worker_password, database=name),
    )


async def clone_database(admin_url: str, model: DatabaseUrls, name: str) -> DatabaseUrls:
    """Make database `name` with what is in another, for the same roles; nobody may be connected to the other.

    Raises:
        asyncpg.ObjectInUseError: somebody is.
    """
    of, roles = _database_of(model.owner_url), [urlsplit(url).username or "" for url in astuple(model)]
    connection = await asyncpg.connect(admin_url)
    try:
        await _execute(connection, "CREATE DATABASE %I OWNER %I TEMPLATE %I STRATEGY FILE_COPY", name, roles[0], of)
        await _execute(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        await _execute(connection, "GRANT CONNECT ON DATABASE %I TO %I, %I, %I", name, *roles)
    finally:
        await connection.close()
    owner, app, worker = (url.removesuffix(f"/{of}") + f"/{name}" for url in astuple(model))
    return DatabaseUrls(owner_url=owner, app_url=app, worker_url=worker)


async def drop_database(admin_url: str, urls: DatabaseUrls) -> None:
    """Delete a database that one of the above made, whoever is still connected; its roles stay."""
    connection = await asyncpg.connect(admin_url)
    try:
        await _execute(connection, "DROP DATABASE IF EXISTS %I WITH (FORCE)", _database_of(urls.owner_url))
    finally:
        await connection.close()


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


def _database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _url(admin_url: str, *, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    place = f"{parts.hostname}:{parts.port}"
    return urlunsplit(("postgresql", f"{role}:{quote(password, safe='')}@{place}", f"/{database}", "", ""))
