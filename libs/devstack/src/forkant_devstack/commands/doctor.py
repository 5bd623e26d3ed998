"""`forkant doctor`: what is missing on this machine."""

import typer


def doctor() -> None:
    """Check what the platform needs on this machine and say what to do. Exit code 1 when something is missing."""
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.native.doctor import checks
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.ports import DEFAULT_PORTS
    from forkant_devstack.supervisor import state

    layout, console = find_layout(), terminal()
    running = state.read(layout.run)
    found = checks(root=layout.root, ports={} if running else DEFAULT_PORTS)
    for check in found:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
        console.print(f"{mark} {check.name}: {check.detail}")
        if not check.ok:
            console.print(f"    → {check.remedy}", style="yellow", markup=False)
    if running:
        console.print(f"[green]✓[/] the platform runs (pid {running.supervisor_pid}); its ports are its own")
    if not all(check.ok for check in found):
        raise typer.Exit(1)
