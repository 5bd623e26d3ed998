"""The terminal that commands write to."""

from rich.console import Console


def terminal() -> Console:
    """Give the console of standard output."""
    return Console(highlight=False)
