"""Parked events of one service: ``python -m forkant_kit.parked list | show | replay | discard``.

Reads FORKANT_DATABASE_URL, which names the worker's role, and writes nothing but requests, which the running worker
does. Exit codes: 0 done, 1 not all of it, 2 wrong options, 78 no database in the environment, or a role that may not
look.
"""

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import InsufficientPrivilegeError
from sqlalchemy.exc import ProgrammingError

from forkant_kit.parked_desk import MOST_LISTED, WAIT_S, Desk, NoSuchParkedEventError, NotRecordedError, Place
from forkant_kit.settings import EXIT_BAD_SETTINGS

DISCARDING: Final = (
    "Discarding passes over an event for good: what it would have changed never reaches this service, and figures lack "
    "it until a later event of the same case or concern corrects them. `forkant verify` shows the difference."
)
_COLUMNS: Final = ("id", "group", "place", "type", "aggregate", "version", "reason", "since", "asked_for")


async def show_list(desk: Desk, *, group: str | None, aggregate: UUID | None, limit: int, as_json: bool) -> int:
    """Print the parked events and return the exit code."""
    rows, total = await desk.find(group=group, aggregate=aggregate, limit=limit)
    if as_json:
        _say(json.dumps({"total": total, "parked": rows}, indent=2))
        return 0
    if not rows:
        _say("Nothing is parked.")
        return 0
    lines = [row | {"place": f"{row['topic']}/{row['partition']}@{row['offset']}"} for row in rows]
    _table([{name: str(line[name] if line[name] is not None else "-") for name in _COLUMNS} for line in lines])
    if total > len(rows):
        _say(f"… and {total - len(rows)} more: give a higher --limit")
    return 0


async def show_one(desk: Desk, given: str, *, body: bool, as_json: bool) -> int:
    """Print one parked event and return the exit code."""
    if body:
        print("Whatever was sent is shown; keep it out of tickets and logs.", file=sys.stderr)  # noqa: T201
    found = await desk.show(desk.place(given), body=body)
    if as_json:
        _say(json.dumps(found, indent=2))
        return 0
    for name, value in found.items():
        if isinstance(value, dict):
            _say(f"{name}:")
            _say("\n".join(f"  {key}: {each}" for key, each in value.items()))
        elif isinstance(value, list):
            _say(f"{name}:" if value else f"{name}: none")
            for each in value:
                _say("  " + ", ".join(f"{key} {part}" for key, part in each.items() if part not in (None, "")))
        else:
            _say(f"{name}: {'-' if value is None else value}")
    return 0


async def replay(
    desk: Desk,
    ids: Sequence[str],
    *,
    aggregate: UUID | None,
    everything: bool,
    group: str | None,
    wait_s: float,
) -> int:
    """Ask for events to be tried again, print what became of them, and return the exit code."""
    if bool(ids) + bool(aggregate) + everything != 1:
        print("give ids, or --aggregate, or --all", file=sys.stderr)  # noqa: T201
        return 2
    places = [desk.place(each) for each in ids] or await desk.select(group=group, aggregate=aggregate)
    return await _ask(desk, "replay", places, reason=None, wait_s=wait_s)


async def discard(desk: Desk, given: str, *, reason: str, wait_s: float) -> int:
    """Ask for an event to be passed over for good, print what became of it, and return the exit code."""
    return await _ask(desk, "discard", [desk.place(given)], reason=reason, wait_s=wait_s)


async def _ask(desk: Desk, action: str, places: Sequence[Place], *, reason: str | None, wait_s: float) -> int:
    answered, waiting = await desk.ask(action, places, reason=reason, wait_s=wait_s)
    for place, answer in answered:
        _say(f"{place}: {answer.outcome.replace('_', ' ')}{': ' if answer.detail else ''}{answer.detail}")
    if not answered and not waiting:
        _say("Nothing to do: none of it is parked, or it was asked for already.")
    if waiting:
        _say(f"{waiting} not done after {wait_s:.0f} s; the requests stand. Does the service's worker run?")
    failed = sum(answer.outcome in {"still_parked", "refused"} for _, answer in answered)
    return 1 if failed or waiting else 0


def _table(rows: Sequence[dict[str, str]]) -> None:
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    _say("  ".join(name.ljust(widths[name]) for name in widths).rstrip())
    for row in rows:
        _say("  ".join(row[name].ljust(widths[name]) for name in widths).rstrip())


def _say(line: str) -> None:
    print(line)  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m forkant_kit.parked", description="Events that could not be applied."
    )
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list them")
    listing.add_argument("--limit", type=int, default=200, help=f"list no more than so many, up to {MOST_LISTED}")
    one = actions.add_parser("show", help="show one with its headers")
    one.add_argument("--body", action="store_true", help="show all of a malformed record; it may hold anything")
    again = actions.add_parser("replay", help="try again, after a fixed release; what waits behind follows")
    again.add_argument("ids", nargs="*", help="ids as the list shows them")
    again.add_argument("--all", action="store_true", dest="everything", help="all that is parked")
    drop = actions.add_parser("discard", help="pass over one for good", description=DISCARDING)
    drop.add_argument("--reason", required=True, help="why; it is kept, so name nobody")
    for each in (one, drop):
        each.add_argument("id", help="id as the list shows it")
    for each in (listing, again):
        each.add_argument("--group", help="of this consumer group alone")
        each.add_argument("--aggregate", type=UUID, help="of this case or concern alone")
    for each in (listing, one):
        each.add_argument("--json", action="store_true", dest="as_json", help="for machines")
    for each in (listing, one, again, drop):
        each.add_argument("--by", required=each is drop, help="who looks or asks; it is kept; else your login name")
    for each in (again, drop):
        each.add_argument("--wait", type=float, default=WAIT_S, dest="wait_s", help="seconds to wait for the worker")
    return parser


async def _run(desk: Desk, *, action: str, given: dict[str, Any]) -> int:
    match action:
        case "list":
            return await show_list(desk, **given)
        case "show":
            return await show_one(desk, given.pop("id"), **given)
        case "replay":
            return await replay(desk, given.pop("ids"), **given)
        case _:
            return await discard(desk, given.pop("id"), **given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = vars(_parser().parse_args(arguments))
    url = os.environ.get("FORKANT_DATABASE_URL")
    if not url:
        print("set FORKANT_DATABASE_URL to the service's database, as the worker's role", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    try:
        desk = Desk(databases={"": url}, by=given.pop("by") or getpass.getuser())
        return asyncio.run(_run(desk, action=given.pop("action"), given=given))
    except (NoSuchParkedEventError, NotRecordedError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != InsufficientPrivilegeError.sqlstate:
            raise
        print("set FORKANT_DATABASE_URL to the worker's role, which alone may look at parked events", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS


if __name__ == "__main__":
    raise SystemExit(main())
