"""The `forkant` command: runs, fills, inspects and verifies the platform on one machine.

Exit codes: 0 fine, 1 failed, 2 wrong options, 3 the platform is not running, 130 stopped by Ctrl-C. Only the module
of the command that is asked for is imported, so that each starts quickly.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import typer

from forkant_devstack.process import DevstackError

_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command's function is (or its `typer.Typer`, when it has sub-commands), and a line for the list."""

    module: str
    function: str
    summary: str


COMMANDS: Final = {
    "up": Command("commands.up", "up", "Start everything on this machine; Ctrl-C stops it."),
    "down": Command("commands.down", "down", "Stop it."),
    "compose": Command("commands.compose", "compose", "Start and stop everything in containers."),
    "demo": Command("demo.command", "cli_demo", "Fill the running platform with made-up cases."),
    "status": Command("commands.status", "status", "Show processes, lag, outbox age and freshness."),
    "logs": Command("commands.logs", "logs", "Show what the processes wrote."),
    "token": Command("commands.token", "token", "Print an access token of a persona."),
    "webhook": Command("commands.webhook", "webhook", "Show webhooks as they come, to develop a receiver."),
    "mail": Command("commands.mail", "mail", "Show the e-mails that the platform has sent."),
    "parked": Command("commands.parked", "parked", "List, replay or discard events that could not be applied."),
    "republish": Command("commands.republish", "republish", "Publish archived events once more."),
    "rebuild": Command("commands.rebuild", "rebuild", "Make the figures anew from the events, beside those shown."),
    "keys": Command("commands.keys", "keys", "Show and rotate the keys that free text is sealed under."),
    "erasure": Command("commands.erasure", "erasure", "Show the certificate of an erased case."),
    "audit": Command("commands.audit", "audit", "Verify or export the audit trails; tell who saw a case."),
    "verify": Command("verify.command", "cli_verify", "Recount the indicators from the cases, and compare."),
    "bench": Command("bench.command", "bench", "Measure the bars on servers of its own."),
    "faults": Command("faults.command", "cli_faults", "Cause every fault under load and judge what is left."),
    "rehearse": Command(
        "rehearse.command", "rehearse", "Destroy and restore databases and Kafka on servers of its own."
    ),
    "recover": Command("commands.recover", "recover", "After a restore: what is lost, and how versions go on."),
    "contracts": Command("commands.contracts", "contracts", "Check, generate and release the event contracts."),
    "doctor": Command("commands.doctor", "doctor", "Say what is missing on this machine."),
    "reset": Command("commands.reset", "reset", "Stop, and delete databases, topics and logs."),
}
_TALKS_TO_THE_PLATFORM: Final = frozenset({"demo", "verify"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every expected failure is one message that says what to do."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        build(given)(args=given, prog_name="forkant")
    except DevstackError as error:
        _show(error)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None


def build(arguments: Sequence[str]) -> typer.Typer:
    """Give the app with the command that `arguments` ask for loaded, and the others by name only."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=_help())
    asked = next((each for each in arguments if not each.startswith("-")), None)
    for name, command in COMMANDS.items():
        loaded = _load(name, command) if name == asked else _named_only
        if isinstance(loaded, typer.Typer):
            app.add_typer(loaded, name=name, short_help=command.summary)
        else:
            app.command(name, short_help=command.summary)(loaded)
    return app


def _load(name: str, command: Command) -> Callable[..., Any] | typer.Typer:
    if name in _TALKS_TO_THE_PLATFORM:
        from forkant_devstack.stack.addresses import point_at_running_platform

        point_at_running_platform()
    loaded: Callable[..., Any] | typer.Typer = getattr(
        importlib.import_module(f"forkant_devstack.{command.module}"), command.function
    )
    return loaded


def _named_only() -> None:
    raise AssertionError("a command that was not loaded was called")


def _help() -> str:
    return "Runs, fills, inspects and verifies the Forkant platform on this machine."


def _show(error: DevstackError) -> None:
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]forkant:[/] {_plain(error.message)}", soft_wrap=True)
    if error.hint:
        console.print(error.hint, markup=False, soft_wrap=True)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


if __name__ == "__main__":
    main()
