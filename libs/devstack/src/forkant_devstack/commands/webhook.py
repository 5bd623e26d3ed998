"""`forkant webhook`: what helps whoever develops a receiver of webhooks."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from forkant_devstack.webhooks.inspection import Seen

webhook = typer.Typer(help="Develop a receiver of webhooks.", no_args_is_help=True)


@webhook.callback()
def _group() -> None:
    """Develop a receiver of webhooks."""


@webhook.command()
def listen(
    *,
    persona: Annotated[str, typer.Option("--as", help="Whose endpoint: a lead or a service.")] = "lead-oslo",
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type; may be repeated.")
    ] = None,
    units: Annotated[
        list[str] | None, typer.Option("--unit", help="Only events of this unit; may be repeated.")
    ] = None,
    status: Annotated[int, typer.Option(min=200, max=599, help="What to answer: 500 shows repeats.")] = 204,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """Show the webhooks of the running platform as they come, each verified; Ctrl-C removes the endpoint.

    Exit codes: 0 stopped by Ctrl-C, 1 the platform refuses or does not answer, 2 it is not on this machine, 3 it is not
    running.
    """
    import asyncio

    from forkant_kit.web import stop_on_signals

    from forkant_devstack.stack.dev_token import dev_token
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.state import running_state
    from forkant_devstack.webhooks.listening import Api, Wanted, must_be_here
    from forkant_devstack.webhooks.listening import listen as listen_to

    state = running_state(find_layout().run)
    must_be_here(state.issuer)
    api = Api(url=state.url("notification-api"), token=lambda: dev_token(state.issuer, persona))
    wanted = Wanted(event_types=tuple(types or ()), units=tuple(units or ()), status=status)

    def began(endpoint_id: str) -> None:
        typer.echo(f"endpoint {endpoint_id} of {persona}; Ctrl-C removes it", err=True)

    async def run() -> list[int]:
        return await listen_to(
            api,
            wanted,
            show=lambda seen: typer.echo(line_of(seen, as_json=as_json)),
            began=began,
            stop=stop_on_signals(),
        )

    missing = asyncio.run(run())
    if missing:
        typer.echo(f"numbers that did not come: {', '.join(map(str, missing))}", err=True)


def line_of(seen: "Seen", *, as_json: bool) -> str:
    """Write one webhook on a line."""
    import json

    if as_json:
        told = {"id": seen.message_id, "verified": seen.verified, "repeat": seen.repeat, "type": seen.type}
        return json.dumps({**told, "data": dict(seen.data)})
    if not seen.verified:
        return "NOT VERIFIED: it does not come from the platform, or its time is more than five minutes off"
    about = f"{seen.data['subject_id']} v{seen.data.get('subject_version')}" if "subject_id" in seen.data else "nobody"
    again = " (again)" if seen.repeat else ""
    return f"{seen.sequence:>5}  {seen.type}  {seen.data.get('unit', '-')}  {about}  {'+'.join(seen.verified)}{again}"
