"""`forkant republish`: archived events once more on Kafka."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer


def republish(
    *,
    aggregate: Annotated[UUID | None, typer.Option(help="The events of one case or concern.")] = None,
    since: Annotated[str | None, typer.Option(help="Events recorded since this date or time (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Events recorded before this date or time (UTC).")] = None,
    topic: Annotated[str | None, typer.Option(help="Events of this topic alone.")] = None,
    service: Annotated[str, typer.Option(help="Whose archive: case or indicator.")] = "case",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
) -> None:
    """Publish archived events once more, the oldest first. Consumers drop those they have; repeating is harmless."""
    from forkant_kit.republish_command import run, selection_of

    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.databases import running_databases

    try:
        selection = selection_of(aggregate=aggregate, since=since, until=until, topic=topic)
    except ValueError as error:
        raise DevstackError(str(error), exit_code=2) from error
    if service not in ("case", "indicator"):
        raise DevstackError(f"{service} publishes nothing", hint="take case or indicator", exit_code=2)
    url = running_databases(service)[service]
    raise typer.Exit(asyncio.run(run(database_url=url, selection=selection, dry_run=dry_run)))
