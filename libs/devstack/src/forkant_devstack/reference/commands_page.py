"""The page of the `forkant` command, made from its own help."""

from typing import Any, Final

from typer.main import get_command

from forkant_devstack.cli import COMMANDS, build
from forkant_devstack.reference.markdown import table

_HEAD: Final = """# The `forkant` command

It runs, fills, inspects, verifies and measures the platform on one machine. `make setup` puts it into `.venv/bin`.
Exit codes: 0 fine, 1 failed, 2 wrong options, 3 the platform is not running, 130 stopped by Ctrl-C. `--help` says the
same as this page.

"""


def document() -> str:
    """Return the page's text."""
    rows = [(f"[`forkant {name}`](#forkant-{name})", command.summary) for name, command in COMMANDS.items()]
    parts = [_HEAD, table(("command", "what it does"), rows)]
    for name in COMMANDS:
        command: Any = get_command(build([name]))
        # A Typer with several commands is a group of them; the one that was asked for is in it.
        chosen = command.commands[name] if name in getattr(command, "commands", {}) else command
        parts += _sections(f"forkant {name}", chosen)
    return "\n".join(parts)


def _sections(name: str, command: Any) -> list[str]:
    parts = [f"{'##' if name.count(' ') == 1 else '###'} {name}\n", f"{_help(command)}\n"]
    if getattr(command, "commands", None):
        for sub in command.commands.values():
            parts += _sections(f"{name} {sub.name}", sub)
        return parts
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    parts.append(table(("option", "default", "meaning"), rows))
    return parts


def _help(command: Any) -> str:
    return " ".join((command.help or command.short_help or "").split()).replace("``", "`")


def _parameter(parameter: Any) -> tuple[str, str, str]:
    names = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    shown = f"`{parameter.name.upper()}`" if parameter.param_type_name == "argument" else names
    default = parameter.default if isinstance(parameter.default, str | int | float) else None
    value = "" if default is None or isinstance(default, bool) else f"`{default}`"
    return shown, value, parameter.help or ""
