"""What containers do once before a service starts: ``python -m forkant_devstack.compose.jobs databases|topics|log-in``.

Each may run again at any time: what is there stays. Each waits for its server, and ends with exit code 1 and one
message when that does not come.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import asyncpg
import httpx

from forkant_devstack.native.databases import close_shared_databases, create_database
from forkant_devstack.native.topics import broker_answers, create_topics
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.services import SERVICES

_DEADLINE_S: Final = 300.0
_PAUSE_S: Final = 0.5
ROLES: Final = ("owner", "app", "worker")

Environment = Mapping[str, str]


async def databases(environment: Environment) -> None:
    """Make each service's database and roles, with the passwords of ``FORKANT_<SERVICE>_<ROLE>_PASSWORD``.

    Raises:
        DevstackError: a setting is missing, or PostgreSQL does not answer or refuses.
    """
    admin = _setting(environment, "FORKANT_ADMIN_URL")
    passwords = {
        service: {f"{role}_password": _setting(environment, password_variable(service.name, role)) for role in ROLES}
        for service in SERVICES
    }
    await _wait_for("PostgreSQL", lambda: _lets_in(admin))
    try:
        await close_shared_databases(admin)
        for service, given in passwords.items():
            await create_database(admin, service.database(broker="kafka"), **given)
    except asyncpg.PostgresError as error:
        raise DevstackError(f"PostgreSQL refused to make the databases: {error}") from error


async def topics(environment: Environment) -> None:
    """Make the registry's topics on the broker.

    Raises:
        DevstackError: the broker does not answer or refuses, or a topic has other partitions than the registry says.
    """
    bootstrap = _setting(environment, "FORKANT_KAFKA_BOOTSTRAP")
    await _wait_for("Kafka", lambda: broker_answers(bootstrap))
    await create_topics(bootstrap)


async def log_in(environment: Environment) -> None:
    """Wait until the identity provider answers under the name that tokens will have.

    Raises:
        DevstackError: it does not, or it calls itself something else.
    """
    issuer, base = (_setting(environment, f"FORKANT_OIDC_{name}") for name in ("ISSUER", "DISCOVERY_URL"))
    document: dict[str, str] = {}

    async def found() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                answer = await http.get(f"{base}/.well-known/openid-configuration")
        except httpx.HTTPError:
            return False
        document.update(answer.json() if answer.is_success else {})
        return answer.is_success

    await _wait_for("the log-in", found)
    if document["issuer"] != issuer:
        raise DevstackError(
            f"the log-in calls itself {document['issuer']}, and the services expect {issuer}",
            hint="both come from FORKANT_ISSUER_PORT",
        )


JOBS: Final[Mapping[str, Callable[[Environment], Awaitable[None]]]] = {
    "databases": databases,
    "topics": topics,
    "log-in": log_in,
}


def password_variable(service: str, role: str) -> str:
    """Return the name of the variable that holds the password of a service's database role."""
    return f"FORKANT_{service.upper()}_{role.upper()}_PASSWORD"


async def _lets_in(admin: str) -> bool:
    try:
        await (await asyncpg.connect(admin, timeout=5)).close()
    except asyncpg.InvalidPasswordError as error:
        raise DevstackError(
            "the databases were made with other passwords than these",
            hint="give Compose the same as then, or delete what is in them: `docker compose down --volumes`",
        ) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


def _setting(environment: Environment, name: str) -> str:
    value = environment.get(name)
    if not value:
        raise DevstackError(f"{name} is not set", hint="docker-compose.yml sets it")
    return value


async def _wait_for(what: str, is_there: Callable[[], Awaitable[bool]]) -> None:
    deadline = asyncio.get_running_loop().time() + _DEADLINE_S
    while not await is_there():
        if asyncio.get_running_loop().time() > deadline:
            raise DevstackError(f"{what} did not answer within {_DEADLINE_S:.0f} s", hint="look at its container's log")
        await asyncio.sleep(_PAUSE_S)


async def run(names: Sequence[str], environment: Environment) -> None:
    """Do the job of that name.

    Raises:
        DevstackError: there is no such job, or it failed.
    """
    if len(names) != 1 or names[0] not in JOBS:
        raise DevstackError(f"say which job: {', '.join(JOBS)}", exit_code=2)
    await JOBS[names[0]](environment)


def main() -> int:
    """Do the job that the command line names, and return the exit code."""
    try:
        asyncio.run(run(sys.argv[1:], os.environ))
    except DevstackError as error:
        print(f"forkant: {error.message}\n{error.hint or ''}".rstrip(), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
