"""`forkant mail`: the e-mails that the development platform has sent."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from forkant_devstack.supervisor.state import State

mail = typer.Typer(no_args_is_help=True, help="Show the e-mails that the platform has sent; none leaves this machine.")


@mail.command("list")
def list_mails(*, as_json: Annotated[bool, typer.Option("--json", help="Print them for machines.")] = False) -> None:
    """List what was caught, the newest first. Exit code 3 when the platform does not run."""
    import json

    items = _ask(_running(), "/api/mails")["items"]
    if as_json:
        typer.echo(json.dumps(items, indent=2))
        return
    for item in items:
        typer.echo(f"{item['number']:>4}  {item['caught_at'][:19]}  {', '.join(item['recipients'])}  {item['subject']}")
    if not items:
        typer.echo("Nothing was sent yet.")


@mail.command("show")
def show(number: Annotated[int, typer.Argument(help="Its number in the list.")]) -> None:
    """Show one e-mail as text. Exit codes: 1 there is no such one, 3 the platform does not run."""
    caught = _ask(_running(), f"/api/mails/{number}")
    for name, value in caught["headers"]:
        typer.echo(f"{name}: {value}")
    typer.echo(f"\n{caught['text']}")


def _running() -> "State":
    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.state import running_state

    state = running_state(find_layout().run)
    if state.log_in is not None:
        raise DevstackError("the mail of a platform in containers is on its page", hint=f"open {state.url('mail')}")
    if "mail" not in state.ports:
        raise DevstackError("this platform was started before there was a mail catcher", hint="start it anew")
    return state


def _ask(state: "State", path: str) -> dict[str, Any]:
    import httpx

    from forkant_devstack.process import DevstackError

    try:
        answer = httpx.get(f"{state.url('mail')}{path}", trust_env=False, timeout=10)
    except httpx.HTTPError as error:
        raise DevstackError(f"the mail catcher does not answer ({type(error).__name__})") from None
    if answer.status_code != httpx.codes.OK:
        raise DevstackError("there is no such mail", hint="`forkant mail list` shows what there is")
    found: dict[str, Any] = answer.json()
    return found
