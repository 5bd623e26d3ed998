"""Prints log lines of several processes, each with its name in a colour of its own."""

import asyncio
import zlib

from rich.console import Console
from rich.text import Text

from forkant_devstack.supervisor.logs import Follower

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")
_EVERY_S = 0.2


def print_line(console: Console, name: str, line: str) -> None:
    """Print one line with its prefix; the same name has the same colour each time."""
    colour = _COLOURS[zlib.crc32(name.encode()) % len(_COLOURS)]
    console.print(Text.assemble((f"{name:<20} ", colour), line), soft_wrap=True)


async def follow(console: Console, follower: Follower) -> None:
    """Print new lines as they come, until cancelled."""
    while True:
        for name, line in follower.new_lines():
            print_line(console, name, line)
        await asyncio.sleep(_EVERY_S)
