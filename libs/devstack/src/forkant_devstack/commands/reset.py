"""`forkant reset`: start over with empty databases and topics."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

_KEPT = frozenset({"tools", "bootstrap.lock"})


def reset(*, yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False) -> None:
    """Stop the platform and delete its databases, topics, secrets and logs; downloads are kept.

    Exit code 1 when the answer is no.
    """
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.commands.down import down
    from forkant_devstack.native.places import state_home
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor import state

    layout = find_layout()
    if not yes:
        typer.confirm(f"Delete every case, event and log of the platform in {layout.root}?", abort=True)
    down(deadline=60.0)
    with state.hold(layout.run) as alone:
        state.clear_leftovers(layout.run)
        if not alone:  # somebody else started it again this very moment
            typer.confirm("It runs again; try again later", abort=True)
        for folder in {layout.state, state_home(layout.root)}:
            _empty(folder)
            if folder != layout.state:
                folder.rmdir()
    terminal().print("Everything is deleted; the next `make up` starts empty and loads the demo.")


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
