"""`forkant recover`: after a restore of the running platform's databases."""

import asyncio
import getpass
from collections.abc import Coroutine
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from forkant_kit.recovery.command import Desk

recover = typer.Typer(no_args_is_help=True, help="After a restore: what is lost, and how versions go on.")

_Service = Annotated[str, typer.Option(help="Whose database was restored: case or indicator.")]


@recover.command("look")
def look(
    *,
    service: _Service = "case",
    file: Annotated[Path | None, typer.Option("--json", help="Write what is lost to this file.")] = None,
) -> None:
    """Compare Kafka with the archive of a service. Exit code 1 if anything was published and is lost."""
    from forkant_kit.recovery.command import run

    _end(run(_desk(service), "look", file=file))


@recover.command("fence")
def fence(*, service: _Service = "case") -> None:
    """Skip every version that was published and lost, so that none is given again; while nothing of it runs."""
    from forkant_kit.recovery.command import run

    _end(run(_desk(service), "fence"))


@recover.command("clear")
def clear(*, service: _Service = "case") -> None:
    """Empty the topics of a service, to be filled from its archive by `forkant republish`; while nothing of it runs."""
    from forkant_kit.recovery.command import run

    _end(run(_desk(service), "clear"))


def _desk(service: str) -> "Desk":
    from forkant_kit.recovery.command import Desk

    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.secret_store import SecretStore
    from forkant_devstack.stack.services import SERVICES, database_urls
    from forkant_devstack.supervisor.state import running_state

    if service not in ("case", "indicator"):
        raise DevstackError(f"{service} publishes nothing", hint="take case or indicator", exit_code=2)
    layout = find_layout()
    state = running_state(layout.run)
    chosen = next(each for each in SERVICES if each.name == service)
    port = state.ports["postgres"]
    urls = database_urls(chosen, broker=state.broker, postgres_port=port, secrets=SecretStore(layout.secrets))
    return Desk(
        service=f"{service}-service",
        counters=import_module(f"{service}_service.recover").COUNTERS,
        owner_url=urls.owner_url,
        kafka_bootstrap=f"127.0.0.1:{state.ports['kafka']}",
        by=getpass.getuser(),
    )


def _end(work: Coroutine[Any, Any, int]) -> None:
    from forkant_kit.recovery.command import NotFencedError
    from forkant_kit.recovery.fence import StillRunningError

    from forkant_devstack.process import DevstackError

    try:
        code = asyncio.run(work)
    except (NotFencedError, StillRunningError) as error:
        raise DevstackError(str(error), hint="see docs/how-to/disaster.md") from error
    raise typer.Exit(code)
