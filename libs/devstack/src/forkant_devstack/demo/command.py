"""The ``forkant demo`` command."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from forkant_devstack.demo.client import DemoError, RefusedCallError
from forkant_devstack.demo.run import DEFAULT_CASE_URL, DEFAULT_INDICATOR_URL, DEFAULT_ISSUER_URL, DemoReport, run


def cli_demo(
    *,
    cases: Annotated[int, typer.Option(min=0, max=100_000, help="How many cases to make, beside the stories.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same sequence of decisions.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, max=500, help="Commands a second while live.")] = 5.0,
    live: Annotated[bool, typer.Option("--live", help="Go on until Ctrl-C, so that the figures move.")] = False,
    stories: Annotated[
        bool | None, typer.Option(help="Tell the eight stories; by default on an empty platform.")
    ] = None,
    case_url: Annotated[str, typer.Option(envvar="FORKANT_CASE_URL", help="The case service.")] = DEFAULT_CASE_URL,
    indicator_url: Annotated[
        str, typer.Option(envvar="FORKANT_INDICATOR_URL", help="The indicator service, for imports and targets.")
    ] = DEFAULT_INDICATOR_URL,
    issuer_url: Annotated[str, typer.Option(envvar="FORKANT_OIDC_ISSUER", help="Token issuer.")] = DEFAULT_ISSUER_URL,
) -> None:
    """Fill the running platform with made-up cases, and targets for them, over its public API."""
    console = Console()
    try:
        report = asyncio.run(
            _show(
                console,
                cases=cases,
                seed=seed,
                speed=speed if live else None,
                stories=stories,
                case_url=case_url,
                indicator_url=indicator_url,
                issuer_url=issuer_url,
            )
        )
    except KeyboardInterrupt:
        console.print("Stopped. What was done stays.")
        return
    except RefusedCallError as error:
        console.print("[bold red]The platform refused a call, so the demo stops.[/]")
        console.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except DemoError as error:
        console.print(f"[bold red]{error}[/]")
        raise typer.Exit(1) from None
    rate = report.commands / max(report.seconds, 0.001)
    console.print(
        f"Made {report.cases} cases and {report.concerns} concerns with {report.commands} commands "
        f"in {report.seconds:.0f} s ({rate:.0f} a second), and imported {report.imports} files of assumed figures."
    )


async def _show(
    console: Console,
    *,
    cases: int,
    seed: int,
    speed: float | None,
    stories: bool | None,
    case_url: str,
    indicator_url: str,
    issuer_url: str,
) -> DemoReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        past = progress.add_task("Filling the last year", total=None, visible=False)
        now = progress.add_task("Live (Ctrl-C stops)", total=None, visible=False)

        def tick(planned: int) -> None:
            if planned:
                progress.update(past, total=planned, advance=1, visible=True)
            else:
                progress.update(now, visible=True, advance=1)

        return await run(
            cases=cases,
            seed=seed,
            stories=stories,
            case_url=case_url,
            indicator_url=indicator_url,
            issuer_url=issuer_url,
            live_speed=speed,
            tick=tick,
        )
