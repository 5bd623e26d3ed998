"""Builds the documentation site: ``python -m scripts.docs_build [--serve]``; a warning is an error."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

CONFIG: Final = Path(__file__).parents[1] / "mkdocs.yml"
ENVIRONMENT: Final = {"NO_MKDOCS_2_WARNING": "1"}
"""What the theme says of its successor is in docs/adr, and nothing that a build has to say each time."""
_ADDRESS: Final = "127.0.0.1:8000"


def command(arguments: Sequence[str], *, config: Path = CONFIG) -> list[str]:
    """Return the program that builds or shows the site.

    It may not be told to be quiet: then mkdocs does not count warnings either, and strictness ends nothing.
    """
    chosen = ["serve", "--dev-addr", _ADDRESS] if "--serve" in arguments else ["build"]
    return [sys.executable, "-m", "mkdocs", *chosen, "--strict", "--config-file", str(config)]


def main() -> None:
    """Let mkdocs take the place of this process."""
    program = command(sys.argv[1:])
    os.execve(program[0], program, {**os.environ, **ENVIRONMENT})  # noqa: S606 - there is no shell in it


if __name__ == "__main__":
    main()
