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

from forkant_devstack.bench.consumer import bench_consumer
from forkant_devstack.bench.erasing import bench_erasing
from forkant_devstack.bench.importing import bench_importing
from forkant_devstack.bench.laboratory import Laboratory, laboratory
from forkant_devstack.bench.listing import bench_listing
from forkant_devstack.bench.opening import bench_opening
from forkant_devstack.bench.projector import bench_projector
from forkant_devstack.bench.readable import bench_readable
from forkant_devstack.bench.relay import bench_relay
from forkant_devstack.bench.relay_growth import bench_relay_growth
from forkant_devstack.bench.report import Result, table_of
from forkant_devstack.bench.row_security import bench_row_security
from forkant_devstack.bench.starting import bench_starting
from forkant_devstack.bench.walls import bench_walls
from forkant_devstack.bench.writing import bench_writing
from forkant_devstack.process import DevstackError

Benchmark = Callable[[Laboratory], Awaitable[list[Result]]]
BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "writing": bench_writing,
    "relay": bench_relay,
    "relay-growth": bench_relay_growth,
    "consumer": bench_consumer,
    "projector": bench_projector,
    "opening": bench_opening,
    "importing": bench_importing,
    "row-security": bench_row_security,
    "walls": bench_walls,
    "listing": bench_listing,
    "erasing": bench_erasing,
    "readable": bench_readable,
    "start": bench_starting,
}
_DEFAULT_OUT: Final = Path(".forkant/bench.json")


def cli_bench(
    *,
    only: Annotated[list[str] | None, typer.Option(help=f"Run only these: {', '.join(BENCHMARKS)}.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small load, once: shows that it runs, no more.")] = False,
    out: Annotated[Path, typer.Option(help="Where to write the results as JSON.")] = _DEFAULT_OUT,
) -> None:
    """Measure the bars on servers of its own; a bar that is not reached is shown and changes no exit code."""
    names = only or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        raise DevstackError(f"there is no benchmark {', '.join(unknown)}", hint=f"there are {', '.join(BENCHMARKS)}")
    console = Console()
    with console.status("starting PostgreSQL and Kafka") as status:
        results = _run(names, quick=quick, say=status.update)
    _write(out, results, quick=quick)
    console.print(table_of(results))
    missed = [f"{each.benchmark}: {each.figure}" for each in results if not each.reached]
    console.print("Every bar was reached." if not missed else f"Not reached: {'; '.join(missed)}.", style="bold")
    if quick:
        console.print("A quick run: its figures are too small to judge by.")
    console.print(f"Written to {out}", highlight=False)


def _run(names: Sequence[str], *, quick: bool, say: Callable[[str], None]) -> list[Result]:
    async def all_of_them() -> list[Result]:
        results: list[Result] = []
        async with laboratory(quick=quick) as lab:
            for name in names:
                say(f"running {name}")
                results += await BENCHMARKS[name](lab)
        return results

    # The workers run on uvloop and collect garbage seldom, so what stands in for them does too, and so do ceilings.
    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(all_of_them())


def _write(out: Path, results: Sequence[Result], *, quick: bool) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "results": [each.as_json() for each in results],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
