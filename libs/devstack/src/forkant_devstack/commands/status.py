"""`forkant status`: how the running platform does."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from forkant_devstack.stack.measures import Measures

_MINUTE_S = 60
_HOUR_S = 3600


def status(*, as_json: Annotated[bool, typer.Option("--json", help="Print it for machines.")] = False) -> None:
    """Show processes, consumer lag, outbox age, freshness, what is to be sealed. Exit code 3 when nothing runs."""
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.measures import measure
    from forkant_devstack.supervisor.state import running_state

    layout = find_layout()
    measures = asyncio.run(measure(layout=layout, state=running_state(layout.run)))
    if as_json:
        print(json.dumps(measures.as_json(), indent=2))
    else:
        _show(terminal(), measures)


def _show(console: "Console", measures: "Measures") -> None:
    from rich.table import Table

    console.print(f"Forkant is {measures.phase} for {_time(measures.uptime_seconds)}, broker: {measures.broker}")
    processes = Table("process", "pid", "cpu", "memory", "up", "port", box=None, padding=(0, 2))
    for each in measures.processes:
        ports = " ".join(map(str, each.ports))
        memory = f"{each.memory_mb:.0f} MB"
        processes.add_row(
            each.name, str(each.pid), f"{each.cpu_percent:.0f} %", memory, _time(each.uptime_seconds), ports
        )
    console.print(processes)
    flow = Table("events", "waiting", "behind", "parked", box=None, padding=(0, 2))
    for outbox in measures.outboxes:
        flow.add_row(f"outbox of {outbox.service}", str(outbox.backlog), _time(outbox.oldest_seconds), "")
    for group in measures.groups:
        silent = " (silent)" if group.reported_seconds_ago > _MINUTE_S else ""
        parked = f"[red]{group.parked}[/]" if group.parked else "0"
        flow.add_row(f"{group.group}{silent}", str(group.lag), _time(group.seconds_behind), parked)
    for trail in measures.trails:
        flow.add_row(f"audit trail of {trail.service}, to seal", str(trail.unsealed), _time(trail.oldest_seconds), "")
    console.print(flow)
    if any(group.parked for group in measures.groups):
        console.print("[yellow]Events are parked:[/] see `forkant parked list`")
    for unreachable in measures.unreachable:
        console.print(f"[yellow]{unreachable} does not answer[/]")


def _time(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"
