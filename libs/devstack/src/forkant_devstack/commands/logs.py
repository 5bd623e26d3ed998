"""`forkant logs`: what the processes wrote."""

import asyncio
import contextlib
from typing import Annotated

import typer


def logs(
    *,
    name: Annotated[list[str] | None, typer.Argument(help="Processes, like case-api; all when none is named.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Last lines to show of each process.")] = 20,
) -> None:
    """Show the last lines of the logs in .forkant/logs. Exit code 1 when there is no such log."""
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.commands.show_logs import follow as keep_showing
    from forkant_devstack.commands.show_logs import print_line
    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.logs import Follower, last_lines

    folder = find_layout().logs
    known = sorted(path.stem for path in folder.glob("*.log"))
    unknown = set(name or ()) - set(known)
    if unknown or not known:
        raise DevstackError(
            f"there is no log of {', '.join(sorted(unknown)) or 'anything'} yet",
            hint=f"there are: {', '.join(known)}" if known else "`make up` starts the platform",
        )
    console = terminal()
    follower = Follower(folder, only=frozenset(name or ()), from_start=False)
    for each in name or known:
        for line in last_lines(folder / f"{each}.log", lines):
            print_line(console, each, line)
    if follow:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(keep_showing(console, follower))
