"""Shows the keys that secrets and addresses are sealed under, or seals under the newest: ``… keys show | reseal``.

``python -m notification_service.keys`` reads FORKANT_DATABASE_OWNER_URL, since no process of the service may rewrite
what is sealed, and FORKANT_ENDPOINT_SECRET_KEYS. Exit codes: 0 done, 1 a key is missing or it could not be done, 2
wrong options, 78 a wrong environment; repeating is harmless.
"""

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forkant_kit.db import create_engine, transaction
from forkant_kit.keyring import Keyring, UnsealError, read_keys
from forkant_kit.rls.schema import SYSTEM_ON
from forkant_kit.settings import EXIT_BAD_SETTINGS
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.commands.contacts import address_context, code_context

_KEYS_VARIABLE: Final = "FORKANT_ENDPOINT_SECRET_KEYS"
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A column of sealed values: what they are, where, by which columns a row is named, and what binds them to it."""

    name: str
    table: str
    column: str
    key: tuple[str, ...]
    context: Callable[[Any], bytes]
    bound_to: tuple[str, ...] = ()
    """Further columns that the context is made of."""

    @property
    def names(self) -> str:
        """The query of how many values each key seals, by its name."""
        return (
            f"SELECT encode(substring({self.column} FROM 1 FOR 4), 'hex') AS name, count(*) AS n FROM {self.table} "  # noqa: S608
            f"WHERE {self.column} IS NOT NULL GROUP BY 1"
        )

    @property
    def older(self) -> str:
        """The query of some values that another key than ``:newest`` seals, locked."""
        columns = ", ".join((*self.key, *self.bound_to))
        return (
            f"SELECT {columns}, {self.column} AS sealed FROM {self.table} "  # noqa: S608
            f"WHERE {self.column} IS NOT NULL AND substring({self.column} FROM 1 FOR 4) <> :newest "
            f"ORDER BY {', '.join(self.key)} LIMIT :most FOR UPDATE"
        )

    @property
    def change(self) -> str:
        """The statement that puts a value back."""
        where = " AND ".join(f"{name} = :{name}" for name in self.key)
        return f"UPDATE {self.table} SET {self.column} = :sealed WHERE {where}"  # noqa: S608


SEALED: Final = (
    Sealed(
        name="secrets of endpoints",
        table="endpoint_secret",
        column="sealed",
        key=("id",),
        context=lambda row: bytes(row.endpoint_id.bytes),
        bound_to=("endpoint_id",),
    ),
    Sealed(
        name="addresses",
        table="contact",
        column="address",
        key=("person", "channel"),
        context=lambda row: address_context(row.person, row.channel),
    ),
    Sealed(
        name="codes",
        table="contact",
        column="code",
        key=("person", "channel"),
        context=lambda row: code_context(row.person, row.channel),
    ),
)
"""All that this service keeps under its keys."""


async def show(engine: AsyncEngine, keyring: Keyring) -> int:
    """Print how many values each key seals; return 1 when one of them is not given."""
    counts: Counter[tuple[str, str]] = Counter()
    async with transaction(engine) as conn:
        await conn.execute(text(SYSTEM_ON))
        for each in SEALED:
            for row in await conn.execute(text(each.names)):
                counts[row.name, each.name] = row.n
    needed = {name for name, _ in counts}
    for place, name in enumerate(keyring.names):
        what = "the newest, which seals now" if place == 0 else "older" if name in needed else "needed by none"
        _say(f"{name}  {what}")
    for (name, kept), number in sorted(counts.items()):
        lost = "" if name in keyring.names else "  NOT GIVEN: they can't be opened"
        _say(f"{name}  {number:>9} {kept}{lost}")
    return 1 if needed - set(keyring.names) else 0


async def reseal(engine: AsyncEngine, keyring: Keyring) -> int:
    """Seal everything under the newest key, a piece a transaction, and return how many values that were.

    Raises:
        UnsealError: a value's key is not given, or it was changed; what was done before stays.
    """
    done = 0
    for each in SEALED:
        while number := await _reseal_some(engine, keyring, each):
            done += number
    return done


async def _reseal_some(engine: AsyncEngine, keyring: Keyring, sealed: Sealed) -> int:
    async with transaction(engine) as conn:
        await conn.execute(text(SYSTEM_ON))
        bind = {"newest": keyring.newest, "most": _AT_ONCE}
        rows = (await conn.execute(text(sealed.older), bind)).all()
        for row in rows:
            context = sealed.context(row)
            secret = keyring.unseal(bytes(row.sealed), context=context)
            named = {name: getattr(row, name) for name in sealed.key}
            await conn.execute(text(sealed.change), {**named, "sealed": keyring.seal(secret, context=context)})
    return len(rows)


async def run(act: str, *, owner_url: str, keyring: Keyring) -> int:
    """Do what was asked for and return the exit code."""
    engine = create_engine(owner_url, application_name="keys", pool_size=1)
    try:
        if act == "show":
            return await show(engine, keyring)
        _say(f"{await reseal(engine, keyring)} values were sealed under {keyring.names[0]}; all are now.")
    except UnsealError as error:
        print(f"a value can't be opened: {error}", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        await engine.dispose()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m notification_service.keys",
        description="The keys that secrets of endpoints and addresses are sealed under. Reseal once every process has "
        "the newest key as its first.",
    )
    parser.add_argument("act", choices=["show", "reseal"], help="show which keys are needed; seal under the newest")
    act = parser.parse_args(arguments).act
    url, keys = os.environ.get("FORKANT_DATABASE_OWNER_URL"), os.environ.get(_KEYS_VARIABLE)
    if not url or not keys:
        print(f"set FORKANT_DATABASE_OWNER_URL and {_KEYS_VARIABLE}", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    try:
        keyring = Keyring(read_keys(keys))
    except ValueError as error:
        print(f"{_KEYS_VARIABLE} {error}", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    try:
        return asyncio.run(run(act, owner_url=url, keyring=keyring))
    except (OSError, SQLAlchemyError) as error:
        print(f"the database failed ({type(error).__name__}); repeating is harmless", file=sys.stderr)  # noqa: T201
        return 1


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
