"""Rebuilds the figures from the events: ``python -m indicator_service.rebuild start | status | check | flip | …``.

Reads FORKANT_DATABASE_URL, which names the worker's role. Exit codes: 0 done, 1 not done, 2 wrong options, 78 no
database in the environment, or a role that may not look.
"""

import argparse
import asyncio
import getpass
import os
import sys
import time
from collections.abc import Sequence
from typing import Final

from asyncpg import InsufficientPrivilegeError
from forkant_kit.settings import EXIT_BAD_SETTINGS
from sqlalchemy.exc import ProgrammingError

from indicator_service.rebuild_desk import NotDoneError, RebuildDesk, Standing

_LOOK_EVERY_S: Final = 1.0
_SAY_EVERY_S: Final = 5.0
_MOST_SHOWN: Final = 50


async def start(desk: RebuildDesk, *, wait: bool) -> int:
    """Begin the next generation, wait until it has caught up if told to, and return the exit code."""
    number = await desk.begin()
    _say(f"Generation {number} is being built; the figures that are shown stay those of the live one.")
    if wait:
        await _wait_for(desk, number)
    return 0


async def status(desk: RebuildDesk) -> int:
    """Print the generations that are read, and return the exit code."""
    for standing in await desk.standings():
        _say(_line(standing))
    return 0


async def check(desk: RebuildDesk, *, generation: int | None) -> int:
    """Print what came of the comparison with the live generation, and return the exit code."""
    number, found, changes = await desk.compare(generation)
    _say(f"Generation {number}: {found.cells - found.wrong_cells} of {found.cells} cells equal a recount of its facts.")
    _say(f"The live one knows {found.known} cases and concerns: {found.missing} are missing, {found.different} differ.")
    for change in changes[:_MOST_SHOWN]:
        _say(f"  {change.district} {change.metric}: {change.live} would become {change.next}")
    if len(changes) > _MOST_SHOWN:
        _say(f"  … and {len(changes) - _MOST_SHOWN} more counts")
    return 0 if found.sound and not found.different else 1


async def flip(desk: RebuildDesk, *, accept_differences: bool, accept_missing: bool = False) -> int:
    """Let the generation that was built become live, and return the exit code."""
    number = await desk.flip(accept_differences=accept_differences, accept_missing=accept_missing)
    _say(f"Generation {number} is live. The one before is kept up to date: `rollback` goes back, `drop` lets it go.")
    return 0


async def rollback(desk: RebuildDesk) -> int:
    """Let the generation that was live before be live again, and return the exit code."""
    _say(f"Generation {await desk.roll_back()} is live again.")
    return 0


async def drop(desk: RebuildDesk, *, generation: int) -> int:
    """Let a generation go, and return the exit code."""
    await desk.drop(generation)
    _say(f"Generation {generation} is read no more; the workers remove what is left of it.")
    return 0


async def _wait_for(desk: RebuildDesk, number: int) -> None:
    said, began = 0.0, time.monotonic()
    while True:
        found = [each for each in await desk.standings() if each.generation.number == number]
        if not found or found[0].caught_up:
            break
        if time.monotonic() - said > _SAY_EVERY_S:
            said = time.monotonic()
            _say(_line(found[0]))
        await asyncio.sleep(_LOOK_EVERY_S)
    if found:
        _say(f"{_line(found[0])}, after {time.monotonic() - began:.0f} s. Next: `check`, then `flip`.")


def _line(standing: Standing) -> str:
    generation = standing.generation
    left = standing.progress.to_read
    behind = "has caught up" if standing.caught_up else f"{left} events to read"
    if standing.progress.read_all and generation.facts_alone:
        behind = "has read everything, and its cells are being counted"
    elif not standing.caught_up and left == 0:
        behind = "is read by no worker yet"
    parked = f", {standing.parked_events} parked" if standing.parked_events else ""
    since = f"{generation.changed_at:%Y-%m-%d %H:%M} UTC"
    return f"generation {generation.number}, {generation.state.value} since {since}: {behind}{parked}"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m indicator_service.rebuild",
        description="Rebuild the figures from the events, beside those that are shown, and let them change places.",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    begin = actions.add_parser("start", help="begin the next generation; the workers read the events into it")
    begin.add_argument("--wait", action="store_true", help="wait until it has caught up")
    actions.add_parser("status", help="show the generations and how far they are")
    look = actions.add_parser("check", help="compare a generation with its facts and with the live one")
    look.add_argument("--generation", type=int, help="its number; else the newest that could become live")
    change = actions.add_parser("flip", help="let the generation that was built become live, if it is sound")
    change.add_argument("--accept-differences", action="store_true", help="though facts differ from the live one's")
    change.add_argument("--accept-missing", action="store_true", help="though the live one knows what a restore lost")
    actions.add_parser("rollback", help="let the generation that was live before be live again")
    going = actions.add_parser("drop", help="let a generation go that is not live")
    going.add_argument("generation", type=int, help="its number")
    for each in (begin, change, going, actions.choices["rollback"]):
        each.add_argument("--by", help="who asks; it is kept; else your login name")
    return parser


async def run(desk: RebuildDesk, given: argparse.Namespace) -> int:
    """Do what was asked for and return the exit code.

    Raises:
        NotDoneError: it can't be done now.
    """
    match given.action:
        case "start":
            return await start(desk, wait=given.wait)
        case "status":
            return await status(desk)
        case "check":
            return await check(desk, generation=given.generation)
        case "flip":
            return await flip(desk, accept_differences=given.accept_differences, accept_missing=given.accept_missing)
        case "rollback":
            return await rollback(desk)
        case _:
            return await drop(desk, generation=given.generation)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = _parser().parse_args(arguments)
    url = os.environ.get("FORKANT_DATABASE_URL")
    if not url:
        print("set FORKANT_DATABASE_URL to the service's database, as the worker's role", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    desk = RebuildDesk(database_url=url, by=getattr(given, "by", None) or getpass.getuser())
    try:
        return asyncio.run(run(desk, given))
    except NotDoneError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != InsufficientPrivilegeError.sqlstate:
            raise
        print("set FORKANT_DATABASE_URL to the worker's role, which alone may look", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS


if __name__ == "__main__":
    raise SystemExit(main())
