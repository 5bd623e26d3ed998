"""`forkant parked`: events that the running platform's consumers could not apply."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from forkant_kit.parked import DISCARDING

if TYPE_CHECKING:
    from forkant_kit.parked_desk import Desk

parked = typer.Typer(no_args_is_help=True, help="List, show, replay and discard events that could not be applied.")

_Group = Annotated[str | None, typer.Option(help="Of this consumer group alone.")]
_Aggregate = Annotated[UUID | None, typer.Option(help="Of this case or concern alone.")]
_Json = Annotated[bool, typer.Option("--json", help="Print it for machines.")]
_Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for the worker.")]
_By = Annotated[str | None, typer.Option(help="Who looks or asks; it is kept. Your login name when left out.")]
_ID = Annotated[str, typer.Argument(help="Id as the list shows it, like indicator:12.")]


@parked.command("list")
def list_parked(
    *,
    group: _Group = None,
    aggregate: _Aggregate = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="List no more than so many.")] = 200,
    as_json: _Json = False,
    by: _By = None,
) -> None:
    """List what is parked: where it stood, whose it is, and why."""
    from forkant_kit.parked import show_list

    _end(show_list(_desk(by), group=group, aggregate=aggregate, limit=limit, as_json=as_json))


@parked.command("show")
def show(
    parked_id: _ID,
    *,
    body: Annotated[bool, typer.Option(help="Show all of a malformed record; it may hold anything.")] = False,
    as_json: _Json = False,
    by: _By = None,
) -> None:
    """Show one parked event with its headers, its body, and what was asked for about it."""
    from forkant_kit.parked import show_one

    _end(show_one(_desk(by), parked_id, body=body, as_json=as_json))


@parked.command("replay")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids as the list shows them.")] = None,
    *,
    aggregate: _Aggregate = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    group: _Group = None,
    by: _By = None,
    wait: _Wait = 30.0,
) -> None:
    """Try parked events again, after a fixed release; what waits behind them follows. Exit code 1 if any stays."""
    from forkant_kit.parked import replay as ask

    _end(ask(_desk(by), ids or [], aggregate=aggregate, everything=everything, group=group, wait_s=wait))


@parked.command("discard", help=DISCARDING)
def discard(
    parked_id: _ID,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept, so name nobody.")],
    by: Annotated[str, typer.Option(help="Who asks; it is kept.")],
    wait: _Wait = 30.0,
) -> None:
    """Pass over one parked event for good."""
    from forkant_kit.parked import discard as ask

    _end(ask(_desk(by), parked_id, reason=reason, wait_s=wait))


def _desk(by: str | None) -> "Desk":
    import getpass

    from forkant_kit.parked_desk import Desk

    from forkant_devstack.stack.databases import running_databases

    return Desk(databases=running_databases("indicator", "notification"), by=by or getpass.getuser())


def _end(work: Coroutine[Any, Any, int]) -> None:
    from forkant_kit.parked_desk import NoSuchParkedEventError, NotRecordedError

    from forkant_devstack.process import DevstackError

    try:
        code = asyncio.run(work)
    except NoSuchParkedEventError as error:
        raise DevstackError(str(error), hint="see `forkant parked list`") from error
    except NotRecordedError as error:
        raise DevstackError(str(error), hint="see docs/how-to/audit.md") from error
    raise typer.Exit(code)
