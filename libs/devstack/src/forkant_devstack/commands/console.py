"""The terminal that commands write to."""

import sys
from typing import Final

from rich.console import Console

_WIDTH_OF_A_FILE: Final = 160


def terminal() -> Console:
    """Give the console of standard output; what is written to a file or a pipe is not cut to a terminal's width."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
