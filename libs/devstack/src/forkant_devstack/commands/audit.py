"""`forkant audit`: the audit trails of the running platform, verified and exported."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forkant_kit.audit.standalone import Result

audit = typer.Typer(no_args_is_help=True, help="Verify and export the audit trails.")


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
