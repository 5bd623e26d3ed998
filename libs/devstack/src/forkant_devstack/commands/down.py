"""`forkant down`: stop the platform."""

import contextlib
from typing import Annotated

import typer


def down(
    *,
    deadline: Annotated[float, typer.Option(help="Seconds to wait before everything is killed.")] = 60.0,
) -> None:
    """Stop what `forkant up` started, in order. Exit code 0 also when nothing runs."""
    import psutil

    from forkant_devstack.commands.console import terminal
    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor import state

    console = terminal()
    run = find_layout().run
    running = state.read(run)
    if running is not None and running == state.read_containers(run):
        raise DevstackError("Forkant runs in containers", hint="`forkant compose down` stops them", exit_code=1)
    if running is None:
        console.print("Forkant is not running.")
        return
    with contextlib.suppress(psutil.NoSuchProcess), console.status(f"stopping {len(running.processes)} processes"):
        supervisor = psutil.Process(running.supervisor_pid)
        supervisor.terminate()
        try:
            supervisor.wait(timeout=deadline)
        except psutil.TimeoutExpired:
            console.print(f"[yellow]It did not stop in {deadline:.0f} s; killed.[/]")
            supervisor.kill()
    console.print("Forkant is stopped.")
