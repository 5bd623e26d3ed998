"""`forkant up`: start the platform on this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console


class Broker(StrEnum):
    """Which broker to run."""

    AUTO = "auto"
    KAFKA = "kafka"
    EMBEDDED = "embedded"


def up(
    *,
    broker: Annotated[Broker, typer.Option(help="auto: Apache Kafka, else the in-memory broker.")] = Broker.AUTO,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Fill an empty platform with the demo.")] = True,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when it is ready; `down` stops it.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show all logs here too.")] = False,
    port: Annotated[list[str] | None, typer.Option(help="Another port, like case-api=9001; may be repeated.")] = None,
) -> None:
    """Start PostgreSQL, Kafka, the log-in, three services; Ctrl-C stops all of it in order.

    Exit codes: 0 stopped by the user (with --detach: ready), 1 failed, 2 wrong options. When it runs already, it says
    so and ends with 0, or with 1 while it still starts or stops.
    """
    from forkant_devstack.stack.ports import choose_ports

    ports = choose_ports(port or [])
    if detach:
        from forkant_devstack.stack.detached import start_detached

        choices = [part for each in port or [] for part in ("--port", each)]
        raise typer.Exit(start_detached(["--broker", broker, "--demo" if demo else "--no-demo", *choices]))
    asyncio.run(_up(broker=broker, demo=demo, verbose=verbose, ports=ports))


async def _up(*, broker: Broker, demo: bool, verbose: bool, ports: dict[str, int]) -> None:
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.stack.detached import letting_go
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.life import Life, UpOptions
    from forkant_devstack.supervisor import state

    layout, console = find_layout(), terminal()
    with state.hold(layout.run) as alone:
        if not alone:
            _say_already_running(console, layout.run)
            return
        options = UpOptions(ports=ports, broker=broker.value, demo=demo)
        life = Life(layout=layout, options=options, console=console, ready=letting_go(layout.logs))
        async with _following(console, layout.logs, wanted=verbose):
            await life.run()


def _say_already_running(console: "Console", run: Path) -> None:
    from forkant_devstack.process import DevstackError
    from forkant_devstack.supervisor import state

    found = state.read(run)
    if found is None or found.phase != "running":
        raise DevstackError("Forkant is just starting or stopping", hint="`forkant status` shows how far it is")
    console.print(f"Forkant already runs (pid {found.supervisor_pid}): {found.url('indicator-api')}/dashboard")
    console.print("`forkant down` stops it, `forkant status` shows how it is.")


@contextlib.asynccontextmanager
async def _following(console: "Console", folder: Path, *, wanted: bool) -> AsyncIterator[None]:
    from forkant_devstack.commands.show_logs import follow
    from forkant_devstack.supervisor.logs import Follower

    if not wanted:
        yield
        return
    task = asyncio.create_task(follow(console, Follower(folder, from_start=False)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
