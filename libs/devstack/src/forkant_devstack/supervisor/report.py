"""What the supervisor tells of its progress, and the one that shows it on a terminal or as plain lines."""

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

_PLAIN_NOTES_EVERY_S = 2.0


class Reporter(Protocol):
    """Hears of the start and end of named pieces of work."""

    def started(self, name: str) -> None:
        """Work on `name` begins."""

    def note(self, name: str, text: str) -> None:
        """Say what `name` is doing just now."""

    def done(self, name: str) -> None:
        """`name` is ready, or stopped."""

    def failed(self, name: str) -> None:
        """`name` did not make it."""

    def pulse(self) -> None:
        """Time has passed: called several times a second while there is something under way."""


class Silent:
    """Hears and says nothing."""

    def started(self, name: str) -> None:
        """Nothing."""

    def note(self, name: str, text: str) -> None:
        """Nothing."""

    def done(self, name: str) -> None:
        """Nothing."""

    def failed(self, name: str) -> None:
        """Nothing."""

    def pulse(self) -> None:
        """Nothing."""


class TerminalReporter:
    """Lines for what is done; on a terminal, moving lines below for what is under way.

    It never refreshes from a thread of its own: children are forked from this process.
    """

    def __init__(self, console: Console, *, verb: str = "ready") -> None:
        self._console = console
        self._verb = verb
        self._since: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self._told: dict[str, float] = {}
        self._spinners: dict[str, Spinner] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._since.clear()
        if self._live:
            self._live.update(Group(), refresh=True)
            self._live.stop()

    def started(self, name: str) -> None:
        """Show a new moving line."""
        self._since[name] = time.monotonic()
        self._spinners[name] = Spinner("dots")
        self.pulse()

    def note(self, name: str, text: str) -> None:
        """Change what the moving line says; without a terminal a line of its own."""
        now = time.monotonic()
        if self._live is None and now - self._told.get(name, 0) > _PLAIN_NOTES_EVERY_S:
            self._told[name] = now
            self._console.print(f"  … {name}: {text}", highlight=False, markup=False)
        self._notes[name] = text

    def done(self, name: str) -> None:
        """Turn the moving line into one that stays."""
        self._end(name, "[green]✓[/]", self._verb)

    def failed(self, name: str) -> None:
        """As `done`, for a failure."""
        self._end(name, "[red]✗[/]", "failed")

    def pulse(self) -> None:
        """Draw the moving lines anew."""
        if self._live:
            self._live.update(Group(*(self._line(name) for name in self._since)), refresh=True)

    def _line(self, name: str) -> Spinner:
        spinner = self._spinners[name]
        seconds = time.monotonic() - self._since[name]
        note = self._notes.get(name, "")
        spinner.update(text=Text.assemble(f"{name:<22}", (f"{seconds:6.1f} s  ", "dim"), (note, "dim")))
        return spinner

    def _end(self, name: str, mark: str, verb: str) -> None:
        seconds = time.monotonic() - self._since.pop(name, time.monotonic())
        self._console.print(f"  {mark} {name:<22}[dim]{seconds:6.1f} s  {verb}[/]", highlight=False)
        self.pulse()
