"""The ``forkant faults`` command, also ``python -m forkant_devstack.faults``: the long suite with its table."""

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from rich.console import Console

from forkant_devstack.faults.collect import conclude
from forkant_devstack.faults.injections import FAULTS
from forkant_devstack.faults.order import NoPatienceError
from forkant_devstack.faults.plants import PLANTS, run_plant
from forkant_devstack.faults.report import Row, table_of
from forkant_devstack.faults.trial import Servers, Trial, running_trial
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.kafka_server import start_native_kafka
from forkant_devstack.testing.postgres_server import start_native_postgres
from forkant_devstack.testing.session_folder import session_folder

_OUT: Final = Path(".forkant/faults")
_SCRIPTS: Final = Path("tests/faults/plants")
_PATIENCE_S: Final = 180.0
_LOAD: Final = 200
_WIDTH: Final = 140


def cli_faults(
    *,
    seed: Annotated[int | None, typer.Option(help="Repeat the schedule of the run that printed this seed.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run only faults whose name holds this.")] = None,
    times: Annotated[int | None, typer.Option(help="Cause each fault so often, whatever its default.", min=1)] = None,
    plant: Annotated[list[str] | None, typer.Option(help="Run only these planted bugs, and no faults.")] = None,
    out: Annotated[Path, typer.Option(help="Where the table as JSON, the schedules and the histories go.")] = _OUT,
) -> None:
    """Cause every fault under load and judge what is left; fails when a guarantee breaks or a planted bug is missed."""
    faults = [] if plant else [name for name in FAULTS if not only or any(part in name for part in only)]
    plants = plant or ([] if only else list(PLANTS))
    _check(faults, plants)
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    folder = out.resolve() / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-seed-{seed}"
    folder.mkdir(parents=True)
    console = Console(width=max(_WIDTH, shutil.get_terminal_size().columns))
    console.print(f"seed {seed}; schedules and histories in {folder}", highlight=False)
    rows: list[Row] = []

    def done(row: Row) -> None:
        # After each, since a run is long and may be interrupted.
        rows.append(row)
        document = {"seed": seed, "trials": [each.as_json() for each in rows]}
        (folder / "faults.json").write_text(json.dumps(document, indent=2) + "\n")
        console.print(f"{row.name}: {'as it must be' if row.good else 'FAILED'}", highlight=False)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(faults, plants, seed=seed, times=times, folder=folder, done=done))
    _show(console, rows, seed=seed)
    if not all(row.good for row in rows):
        raise typer.Exit(1)


def _check(faults: Sequence[str], plants: Sequence[str]) -> None:
    if unknown := sorted(set(plants) - set(PLANTS)):
        raise DevstackError(f"there is no planted bug {', '.join(unknown)}", hint=f"there are {', '.join(PLANTS)}")
    if not faults and not plants:
        raise DevstackError("no fault has such a name", hint=f"there are {', '.join(FAULTS)}")
    if plants and not _SCRIPTS.is_dir():
        raise DevstackError(f"{_SCRIPTS} is not here", hint="run it in the repository's root, or give --only")


async def _run(
    faults: Sequence[str],
    plants: Sequence[str],
    *,
    seed: int,
    times: int | None,
    folder: Path,
    done: Callable[[Row], None],
) -> None:
    async with _servers(folder) as servers:
        for name in faults:
            done(await _try_fault(servers, name, seed=seed, times=times or FAULTS[name].times))
        for name in plants:
            done(await _try_plant(servers, name, seed=seed))


async def _try_plant(servers: Servers, name: str, *, seed: int) -> Row:
    judgement = await run_plant(servers, name, scripts=_SCRIPTS, seed=seed)
    return Row(
        name=f"planted: {name}",
        faults=len(PLANTS[name].causes),
        judgement=judgement,
        recoveries=(),
        folder=str(servers.folder),
        expected=PLANTS[name].expected,
    )


async def _try_fault(servers: Servers, name: str, *, seed: int, times: int) -> Row:
    async with running_trial(servers, name=name, seed=seed, patience_s=_PATIENCE_S) as trial:
        await _cause(trial, name, times)
        judgement = await conclude(trial)
    return Row(
        name=name, faults=times, judgement=judgement, recoveries=tuple(trial.recoveries), folder=str(trial.folder)
    )


async def _cause(trial: Trial, name: str, times: int) -> None:
    try:
        await trial.load(_LOAD)
        await trial.caught_up(time.time())
        for _ in range(times):
            await trial.load(trial.chance.randrange(20, _LOAD))
            await FAULTS[name].cause(trial)
    except NoPatienceError as error:
        trial.broken(name, error)


def _show(console: Console, rows: Sequence[Row], *, seed: int) -> None:
    console.print(table_of(rows))
    for row in rows:
        for finding in () if row.good else row.judgement.findings[:5]:
            console.print(f"{row.name}: {finding.breach}: {finding.text} ({row.folder})", highlight=False)
    bad = sum(not row.good for row in rows)
    console.print("As it must be." if not bad else f"{bad} of {len(rows)} failed; repeat with --seed {seed}.")


@asynccontextmanager
async def _servers(folder: Path) -> AsyncIterator[Servers]:
    with session_folder() as data:
        postgres = await start_native_postgres(data)
        try:
            kafka = await start_native_kafka(data)
            try:
                yield Servers(folder=folder, postgres=postgres, kafka=kafka)
            finally:
                await kafka.controls.remove()
        finally:
            await postgres.controls.remove()
