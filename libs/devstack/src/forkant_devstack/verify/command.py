"""The ``forkant verify`` command."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forkant_devstack.verify.report import Report


def cli_verify(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    catch_up: Annotated[float, typer.Option(min=0, help="Seconds the stream may need.")] = 120.0,
) -> None:
    """Recount the running platform (guarantees G1, G2, G3, G5) and name what differs; exit code 1 if any does."""
    import asyncio

    from forkant_devstack.verify.platform import running_platform
    from forkant_devstack.verify.run import verify

    platform = running_platform()
    if as_json:
        report = asyncio.run(verify(platform, catch_up_s=catch_up))
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        console = Console()
        with console.status("verifying") as status:
            report = asyncio.run(verify(platform, catch_up_s=catch_up, say=status.update))
        show(console, report)
    if not report.ok:
        raise typer.Exit(1)


def show(console: Console, report: Report) -> None:
    """Print the checks as a table, and below it the rows that differ."""
    table = Table(title=f"forkant verify, {report.seconds:.1f} s")
    table.add_column("")
    table.add_column("guarantee")
    table.add_column("check")
    table.add_column("compared", justify="right")
    table.add_column("differing", justify="right")
    for check in report.checks:
        mark = Text("✓ ok", style="green") if check.ok else Text("✗ differs", style="bold red")
        table.add_row(mark, check.guarantee, check.name, f"{check.compared:,}", f"{check.differing:,}")
    console.print(table)
    for check in report.checks:
        if check.ok:
            continue
        console.print(f"\n{check.guarantee}: {check.name}", style="bold", markup=False)
        for difference in check.differences:
            console.print(f"  {difference}", markup=False, highlight=False, soft_wrap=True)
        if check.differing > len(check.differences):
            console.print(f"  … and {check.differing - len(check.differences)} more", markup=False)
    console.print("All guarantees hold." if report.ok else "A guarantee does not hold.", style="bold")
