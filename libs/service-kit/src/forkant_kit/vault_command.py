"""The command line of the keys that seal free text, for the services that keep some and for the running platform.

Exit codes: 0 done, 1 it could not be done, 2 wrong options, 78 a wrong environment; repeating is harmless.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit.db import create_engine, transaction
from forkant_kit.keyring import Keyring, UnsealError, read_keys
from forkant_kit.settings import EXIT_BAD_SETTINGS
from forkant_kit.vault import Vault
from forkant_kit.vault_settings import TEXT_KEYS_VARIABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Something else that a service keeps under keys derived from these, and writes anew when they change.

    Attributes:
        name: what is kept, for people to read.
        count: how many there are under each key, by the key's name.
        renew: writes what is missing or under an older key anew, with the data keys sealed under any key given, and
            returns how many cases that were.
    """

    name: str
    count: Callable[[AsyncConnection], Awaitable[Mapping[str, int]]]
    renew: Callable[[AsyncEngine, Vault], Awaitable[int]]


async def show(*, database_url: str, keyring: Keyring, beside: Sequence[Beside] = ()) -> int:
    """Print how many data keys each key seals; return 1 when one of them is not given."""
    engine = create_engine(database_url, application_name="keys", pool_size=1)
    try:
        async with transaction(engine) as conn:
            counts = await Vault(keyring).count(conn)
            others = [(each.name, await each.count(conn)) for each in beside]
    finally:
        await engine.dispose()
    needed = {*counts, *(name for _, found in others for name in found)}
    for place, name in enumerate(keyring.names):
        what = "the newest, which seals now" if place == 0 else "needed by none" if name not in needed else "older"
        print(f"{name}  {counts.get(name, 0):>9} data keys  {what}")  # noqa: T201
    missing = [name for name in counts if name is not None and name not in keyring.names]
    for name in missing:
        print(f"{name}  {counts[name]:>9} data keys  NOT GIVEN: what they seal can't be read")  # noqa: T201
    for kept, found in others:
        for name, count in sorted(found.items()):
            lost = "" if name in keyring.names else "  NOT GIVEN: these are found no more before a reseal"
            print(f"{name}  {count:>9} {kept}{lost}")  # noqa: T201
    print(f"destroyed {counts.get(None, 0):>9} data keys")  # noqa: T201
    return 1 if missing else 0


async def reseal(*, database_url: str, keyring: Keyring, beside: Sequence[Beside] = ()) -> int:
    """Seal every data key under the newest key and say how it goes; return the exit code."""
    engine = create_engine(database_url, application_name="keys", pool_size=1)
    vault = Vault(keyring)
    try:
        done = await vault.reseal(engine, progress=_tell)
        print(f"{done} data keys were sealed under {keyring.names[0]}; all are now.")  # noqa: T201
        for each in beside:
            renewed = await each.renew(engine, vault)
            print(f"{each.name} of {renewed} cases were written under it; all are now.")  # noqa: T201
    except UnsealError as error:
        print(f"a data key can't be opened: {error}", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        await engine.dispose()
    return 0


def _tell(done: int, left: int) -> None:
    if left:
        print(f"{done} done, {left} left", flush=True)  # noqa: T201


def main(service: str, arguments: Sequence[str] | None = None, *, beside: Sequence[Beside] = ()) -> int:
    """Run the command line of a service, which reads FORKANT_DATABASE_URL and FORKANT_TEXT_KEYS.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {service}.keys",
        description="The keys that free text is sealed under. Run it as the worker's role, once every process of the "
        "API has the newest key as its first.",
    )
    parser.add_argument("act", choices=["show", "reseal"], help="show which keys are needed; seal under the newest")
    act = parser.parse_args(arguments).act
    url, keys = os.environ.get("FORKANT_DATABASE_URL"), os.environ.get(TEXT_KEYS_VARIABLE)
    if not url or not keys:
        print(f"set FORKANT_DATABASE_URL, as the worker's role, and {TEXT_KEYS_VARIABLE}", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    try:
        keyring = Keyring(read_keys(keys))
    except ValueError as error:
        print(f"{TEXT_KEYS_VARIABLE} {error}", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    work = reseal if act == "reseal" else show
    try:
        return asyncio.run(work(database_url=url, keyring=keyring, beside=beside))
    except (OSError, SQLAlchemyError) as error:
        print(f"the database failed ({type(error).__name__}); repeating is harmless", file=sys.stderr)  # noqa: T201
        return 1
