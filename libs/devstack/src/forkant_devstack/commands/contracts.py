"""`forkant contracts`: checks, generates and releases the event contracts. It needs no running platform."""

from pathlib import Path
from typing import Annotated, Final

import typer

from forkant_devstack.process import DevstackError

contracts: Final = typer.Typer(no_args_is_help=True, help="Check, generate and release the event contracts.")

_Folder = Annotated[
    Path | None,
    typer.Option(help="A copy of libs/contracts to look at instead of the repository's.", show_default=False),
]


@contracts.command()
def check(folder: _Folder = None) -> None:
    """Compare today's events with every released version: one line for each broken rule, and exit code 1."""
    from forkant_contracts import release

    broken = release.check(_existing(folder))
    for violation in broken:
        print(violation)
    if broken:
        raise typer.Exit(1)
    print(f"{len(release.released_files(_existing(folder))) // 2} released event versions, no rule is broken")


@contracts.command()
def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when a file differs.")] = False,
) -> None:
    """Write everything that is generated from the contracts, save what is released."""
    from forkant_contracts import generate as generator

    _existing(None)
    if not check:
        for file in generator.write():
            print(file.relative_to(generator.REPOSITORY))
        return
    found = generator.differences()
    for line in found:
        print(line)
    if found:
        raise DevstackError("generated files differ from the contracts", hint="run `forkant contracts generate`")


@contracts.command()
def release(folder: _Folder = None) -> None:
    """Release every event version that is not released yet, under the version of the contracts library."""
    from forkant_contracts.release import ReleaseError, library_version
    from forkant_contracts.release import release as make_release

    try:
        added = make_release(_existing(folder))
    except ReleaseError as error:
        raise DevstackError(str(error)) from None
    for name in added:
        print(name)
    print(f"{len(added)} event versions released in {library_version(_existing(folder))}" if added else "nothing new")


def _existing(folder: Path | None) -> Path:
    from forkant_contracts.release import FOLDER

    chosen = folder or FOLDER
    if not (chosen / "pyproject.toml").exists():
        raise DevstackError(f"{chosen} is not the contracts library's folder", hint="run this in the repository")
    return chosen
