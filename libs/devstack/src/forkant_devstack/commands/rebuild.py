"""`forkant rebuild`: the figures of the running platform made anew from the events."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from indicator_service.rebuild_desk import RebuildDesk

rebuild = typer.Typer(
    no_args_is_help=True,
    help="Make the figures anew from the events, beside those that are shown, and let them change places.",
)

_By = Annotated[str | None, typer.Option(help="Who asks; it is kept. Your login name when left out.")]


@rebuild.command("start")
def start(*, wait: Annotated[bool, typer.Option(help="Wait until it has caught up.")] = True, by: _By = None) -> None:
    """Begin the next generation; the worker reads the events into it, and nobody is shown it."""
    from indicator_service.rebuild import start as begin

    _end(begin(_desk(by), wait=wait))


@rebuild.command("status")
def status() -> None:
    """Show the generations and how far they are."""
    from indicator_service.rebuild import status as show

    _end(show(_desk(None)))


@rebuild.command("check")
def check(
    *,
    generation: Annotated[int | None, typer.Option(help="Its number; else the newest that could become live.")] = None,
) -> None:
    """Compare a generation with its own facts and with the live one. Exit code 1 if anything differs."""
    from indicator_service.rebuild import check as compare

    _end(compare(_desk(None), generation=generation))


@rebuild.command("flip")
def flip(
    *,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Though cases are not what the live one says of them.")
    ] = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Though the live one knows cases that a restore has lost.")
    ] = False,
    by: _By = None,
) -> None:
    """Let the generation that was built become live, if it is sound; the one before is kept up to date."""
    from indicator_service.rebuild import flip as change

    _end(change(_desk(by), accept_differences=accept_differences, accept_missing=accept_missing))


@rebuild.command("rollback")
def rollback(*, by: _By = None) -> None:
    """Let the generation that was live before be live again."""
    from indicator_service.rebuild import rollback as go_back

    _end(go_back(_desk(by)))


@rebuild.command("drop")
def drop(generation: Annotated[int, typer.Argument(help="Its number.")], *, by: _By = None) -> None:
    """Let a generation go that is not live; the worker removes what is left of it."""
    from indicator_service.rebuild import drop as let_go

    _end(let_go(_desk(by), generation=generation))


def _desk(by: str | None) -> "RebuildDesk":
    import getpass

    from indicator_service.rebuild_desk import RebuildDesk

    from forkant_devstack.stack.databases import running_databases

    return RebuildDesk(database_url=running_databases("indicator")["indicator"], by=by or getpass.getuser())


def _end(work: Coroutine[Any, Any, int]) -> None:
    from indicator_service.rebuild_desk import NotDoneError

    from forkant_devstack.process import DevstackError

    try:
        code = asyncio.run(work)
    except NotDoneError as error:
        raise DevstackError(str(error), hint="see docs/how-to/rebuild.md") from error
    raise typer.Exit(code)
