"""`forkant audit`: the audit trail of the running platform, verified and exported."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forkant_devstack.stack.audit_files import AuditFiles

audit = typer.Typer(no_args_is_help=True, help="Verify and export the audit trail.")


@audit.command("verify")
def verify() -> None:
    """Verify the chain against the published heads; name the position of what is wrong. Exit code 1 if anything is."""
    from forkant_kit.audit.standalone import summary

    from forkant_devstack.verify.audit import verify_trail

    url, files = _trail()
    result = asyncio.run(verify_trail(url, heads=files.heads, keys=files.keys()))
    typer.echo(summary(result))
    raise typer.Exit(0 if result.ok else 1)


@audit.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="Folder for the export, the heads, the keys and the verifier.")],
) -> None:
    """Write everything that somebody needs to verify the trail without the platform."""
    import json
    import shutil

    from forkant_kit.audit import standalone
    from forkant_kit.audit.export import export as write

    url, files = _trail()
    folder.mkdir(parents=True, exist_ok=True)
    # The heads first: what is published meanwhile may be ahead of the export.
    (folder / "heads.jsonl").write_bytes(files.heads.read_bytes() if files.heads.exists() else b"")
    (folder / "keys.json").write_text(json.dumps(files.keys(), indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(standalone.__file__, folder / "verify.py")
    asyncio.run(write(url, folder / "export.jsonl"))
    typer.echo(f"python {folder}/verify.py {folder}/export.jsonl {folder}/heads.jsonl {folder}/keys.json")


def _trail() -> tuple[str, "AuditFiles"]:
    from forkant_devstack.stack.audit_files import audit_files
    from forkant_devstack.stack.databases import running_databases
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.secret_store import SecretStore

    url = running_databases("case")["case"]
    layout = find_layout()
    return url, audit_files(layout, SecretStore(layout.secrets), database=url.rpartition("/")[2])
