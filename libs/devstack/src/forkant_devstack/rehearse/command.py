"""The ``forkant rehearse`` command."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Protocol

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from forkant_devstack.process import DevstackError
from forkant_devstack.rehearse.mending import Seen
from forkant_devstack.rehearse.scenes import cases_lost, indicators_lost, kafka_lost, notifications_lost
from forkant_devstack.rehearse.stage import Stage, set_stage


class Scene(Protocol):
    """A disaster, played on a stage with so many cases before and after the moment."""

    async def __call__(self, stage: Stage, *, cases: int) -> Seen:
        """Play it."""


SCENES: Final[Mapping[str, Scene]] = {
    "indicator": indicators_lost,
    "notification": notifications_lost,
    "kafka": kafka_lost,
    "case": cases_lost,
}
_OUT: Final = Path(".forkant/rehearsal.json")

rehearse = typer.Typer(no_args_is_help=True, help="Destroy and restore databases and Kafka on servers of its own.")


@rehearse.callback()
def cli_rehearse() -> None:
    """Destroy and restore databases and Kafka on servers of its own."""


@rehearse.command("restore")
def cli_restore(
    *,
    only: Annotated[list[str] | None, typer.Option(help=f"Only these: {', '.join(SCENES)}.")] = None,
    cases: Annotated[int, typer.Option(min=1, help="Cases that are opened before and after the moment.")] = 20,
    wrongly_first: Annotated[
        bool, typer.Option("--wrongly-first", help="Open the restored cases as they are, see verify fail, then mend.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Where to write the report as JSON.")] = _OUT,
) -> None:
    """Lose each database and Kafka under load, bring them back to a moment, and verify; fails when a guarantee does.

    It follows docs/how-to/disaster.md by its commands, in a temporary folder, and touches no running platform.
    """
    names = only or list(SCENES)
    if unknown := sorted(set(names) - set(SCENES)):
        raise DevstackError(f"there is no disaster {', '.join(unknown)}", hint=f"there are {', '.join(SCENES)}")
    console = Console()
    beginning = "starting three PostgreSQL servers, Kafka and the platform"
    with console.status(beginning) as status, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(_play(names, cases=cases, wrongly_first=wrongly_first, say=status.update))
    _show(console, seen)
    document = {"rehearsed_at": datetime.now(UTC).isoformat(timespec="seconds"), "seen": [s.as_json() for s in seen]}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"Written to {out}", highlight=False)


async def _play(names: Sequence[str], *, cases: int, wrongly_first: bool, say: Callable[[str], None]) -> list[Seen]:
    seen: list[Seen] = []
    async with set_stage() as stage:
        say("taking base backups")
        await asyncio.gather(*[server.back_up() for server in stage.servers.values()])
        for name in names:
            say(f"losing: {name}")
            if name == "case":
                seen.append(await cases_lost(stage, cases=cases, wrongly_first=wrongly_first))
            else:
                seen.append(await SCENES[name](stage, cases=cases))
    return seen


def _show(console: Console, seen: Sequence[Seen]) -> None:
    table = Table(title="forkant rehearse restore", caption="seconds from the disaster; lost: from the restored moment")
    for heading in ("lost", "RPO s", "changes lost", "serving s", "verified (RTO) s"):
        table.add_column(heading, justify="left" if heading == "lost" else "right")
    for each in seen:
        rpo = "-" if each.lost_seconds is None else f"{each.lost_seconds:.1f}"
        table.add_row(each.scene, rpo, str(each.lost_changes), f"{each.serving_s:.1f}", f"{each.verified_s:.1f}")
    console.print(table)
    for each in seen:
        for note in each.notes:
            console.print(f"{each.scene}: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print("All guarantees hold after each.", style="bold")
