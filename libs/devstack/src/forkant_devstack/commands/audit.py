"""`forkant audit`: the audit trails of the running platform, verified, exported, and asked who saw a case."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from forkant_kit.audit.standalone import Result

    from forkant_devstack.stack.sightings import Sighting

audit = typer.Typer(no_args_is_help=True, help="Verify and export the audit trails; tell who saw a case.")


@audit.command("verify")
def verify(
    *, service: Annotated[str | None, typer.Option(help="The trail of this service alone, like indicator.")] = None
) -> None:
    """Verify each service's chain against its published heads; name service and position of what is wrong.

    Exit codes: 1 anything is wrong, 2 there is no trail of that service, 3 the platform is not running.
    """
    from forkant_devstack.stack.audit_trails import running_trails
    from forkant_devstack.verify.audit import verify_trail

    results = {trail.service: asyncio.run(verify_trail(trail)) for trail in running_trails(service)}
    for name, result in results.items():
        typer.echo(told(name, result))
    broken = [name for name, result in results.items() if not result.ok]
    if broken:
        typer.echo(f"BROKEN: {', '.join(broken)}", err=True)
        raise typer.Exit(1)


def told(service: str, result: "Result") -> str:
    """Tell what was found in one service's trail, with its name on each line."""
    from forkant_kit.audit.standalone import summary

    return "\n".join(f"{service}: {line.strip()}" for line in summary(result).splitlines())


@audit.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="Folder for the export, the heads, the keys and the verifier.")],
    *,
    service: Annotated[str, typer.Option(help="Whose trail to export.")] = "case",
) -> None:
    """Write everything that somebody needs to verify one trail without the platform; a folder holds one trail."""
    import json
    import shutil

    from forkant_kit.audit import standalone
    from forkant_kit.audit.export import export as write

    from forkant_devstack.stack.audit_trails import running_trails

    [trail] = running_trails(service)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, service)
    # The heads first: what is published meanwhile may be ahead of the export.
    heads = trail.heads.read_bytes() if trail.heads is not None and trail.heads.exists() else b""
    (folder / "heads.jsonl").write_bytes(heads)
    (folder / "keys.json").write_text(json.dumps(trail.keys, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(standalone.__file__, folder / "verify.py")
    asyncio.run(write(trail.database_url, folder / "export.jsonl"))
    typer.echo(f"python {folder}/verify.py {folder}/export.jsonl {folder}/heads.jsonl {folder}/keys.json")


def _claim(folder: Path, service: str) -> None:
    from forkant_devstack.process import DevstackError

    label = folder / "service.txt"
    if label.exists() and (found := label.read_text("utf-8").strip()) != service:
        raise DevstackError(
            f"{folder} holds the trail of {found}", hint="take another folder, so that no heads are mixed up"
        )
    label.write_text(f"{service}\n", encoding="utf-8")


@audit.command("who-saw")
def who_saw(
    *,
    case: Annotated[UUID, typer.Option(help="Id of the case.")],
    persona: Annotated[str, typer.Option("--as", help="Who asks: auditor, or privacy-oslo and such.")] = "auditor",
    as_json: Annotated[bool, typer.Option("--json", help="Print it for machines.")] = False,
) -> None:
    """Tell who has seen, changed or been refused a case, in which service, when and why; the question is recorded too.

    Exit codes: 1 a service does not tell, 2 wrong options, 3 the platform is not running.
    """
    import json
    from dataclasses import asdict

    from forkant_devstack.stack.dev_token import dev_token
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.sightings import ASKED, sightings_of
    from forkant_devstack.supervisor.state import running_state

    state = running_state(find_layout().run)
    urls = {service: state.url(f"{service}-api") for service in ASKED}
    found = sightings_of(case, urls=urls, token=dev_token(state.issuer, persona))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        _show(found, persona=persona, services=tuple(ASKED))


def _show(found: Sequence["Sighting"], *, persona: str, services: Sequence[str]) -> None:
    from rich.table import Column, Table

    from forkant_devstack.commands.console import terminal

    headings = ("when (UTC)", "who", "unit", "roles", "what", "outcome", "why", "service")
    # Who and when is what was asked for: on a narrow terminal it goes on in the next line and is never cut.
    table = Table(*(Column(heading, overflow="fold") for heading in headings), box=None, padding=(0, 1))
    for each in found:
        who = (each.at[:19].replace("T", " "), each.subject, each.unit, " ".join(each.roles))
        table.add_row(*who, each.action, each.outcome, each.purpose or "", each.service)
    console = terminal()
    console.print(table)
    shown = sorted({each.subject for each in found if each.shown})
    console.print(f"{len(found)} acts; shown to or changed by {len(shown)}: {', '.join(shown) or 'nobody'}")
    console.print(f"Asked of: {', '.join(services)}; as {persona}, which each of them has recorded.")
