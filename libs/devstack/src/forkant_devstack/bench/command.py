"""The ``forkant bench`` command."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from forkant_kit.garbage import collect_seldom
from rich.console import Console

from forkant_devstack.bench.alternatives import bench_alternatives
from forkant_devstack.bench.consumer import bench_consumer
from forkant_devstack.bench.erasing import bench_erasing
from forkant_devstack.bench.figures import bench_figures
from forkant_devstack.bench.importing import bench_importing
from forkant_devstack.bench.laboratory import Laboratory, laboratory
from forkant_devstack.bench.listing import bench_listing
from forkant_devstack.bench.load import load
from forkant_devstack.bench.opening import bench_opening
from forkant_devstack.bench.projector import bench_projector
from forkant_devstack.bench.readable import bench_readable
from forkant_devstack.bench.rebuilding import bench_rebuilding
from forkant_devstack.bench.relay import bench_relay
from forkant_devstack.bench.relay_growth import bench_relay_growth
from forkant_devstack.bench.report import Result, table_of
from forkant_devstack.bench.row_security import bench_row_security
from forkant_devstack.bench.starting import bench_starting
from forkant_devstack.bench.streaming import bench_streaming
from forkant_devstack.bench.walls import bench_walls
from forkant_devstack.bench.webhooks import bench_webhooks
from forkant_devstack.bench.writing import bench_writing
from forkant_devstack.process import DevstackError

Benchmark = Callable[[Laboratory], Awaitable[list[Result]]]
BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "writing": bench_writing,
    "relay": bench_relay,
    "relay-growth": bench_relay_growth,
    "consumer": bench_consumer,
    "projector": bench_projector,
    "rebuilding": bench_rebuilding,
    "opening": bench_opening,
    "importing": bench_importing,
    "row-security": bench_row_security,
    "walls": bench_walls,
    "listing": bench_listing,
    "erasing": bench_erasing,
    "figures": bench_figures,
    "readable": bench_readable,
    "streaming": bench_streaming,
    "alternatives": bench_alternatives,
    "webhooks": bench_webhooks,
    "start": bench_starting,
}
_DEFAULT_OUT: Final = Path(".forkant/bench.json")


bench = typer.Typer(help="Measure the bars on servers of its own.", invoke_without_command=True)


@bench.callback()
def cli_bench(
    context: typer.Context,
    *,
    only: Annotated[list[str] | None, typer.Option(help=f"Run only these: {', '.join(BENCHMARKS)}.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small load, once: shows that it runs, no more.")] = False,
    out: Annotated[Path, typer.Option(help="Where to write the results as JSON.")] = _DEFAULT_OUT,
) -> None:
    """Measure the bars on servers of its own; a bar that is not reached is shown and changes no exit code."""
    if context.invoked_subcommand is not None:
        return
    names = only or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        raise DevstackError(f"there is no benchmark {', '.join(unknown)}", hint=f"there are {', '.join(BENCHMARKS)}")
    console = Console()
    with console.status("starting PostgreSQL and Kafka") as status:
        results = _run(lambda lab: _all_of(lab, names, status.update), quick=quick)
    _write(out, results, quick=quick)
    console.print(table_of(results))
    missed = [f"{each.benchmark}: {each.figure}" for each in results if not each.reached]
    console.print("Every bar was reached." if not missed else f"Not reached: {'; '.join(missed)}.", style="bold")
    if quick:
        console.print("A quick run: its figures are too small to judge by.")
    console.print(f"Written to {out}", highlight=False)


@bench.command("load")
def cli_load(
    *,
    cases: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many cases.")] = 1_000_000,
    out: Annotated[Path, typer.Option(help="Where to write the result as JSON.")] = Path(".forkant/load.json"),
) -> None:
    """Import a large data set into a case service on servers of its own, and say how fast it went."""

    async def loaded(lab: Laboratory) -> list[Result]:
        return [await load(lab, cases)]

    console = Console()
    with console.status(f"importing {cases:,} cases"):
        results = _run(loaded, quick=False)
    _write(out, results, quick=False)
    console.print(table_of(results))
    console.print(f"Written to {out}", highlight=False)


async def _all_of(lab: Laboratory, names: Sequence[str], say: Callable[[str], None]) -> list[Result]:
    results: list[Result] = []
    for name in names:
        say(f"running {name}")
        results += await BENCHMARKS[name](lab)
    return results


def _run(benchmark: Benchmark, *, quick: bool) -> list[Result]:
    async def in_laboratory() -> list[Result]:
        async with laboratory(quick=quick) as lab:
            return await benchmark(lab)

    # The workers run on uvloop and collect garbage seldom, so what stands in for them does too, and so do ceilings.
    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(in_laboratory())


def _write(out: Path, results: Sequence[Result], *, quick: bool) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "results": [each.as_json() for each in results],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
