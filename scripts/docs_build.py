"""Builds the documentation site: ``python -m scripts.docs_build [--serve]``; a warning is an error."""

import os
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_ADDRESS: Final = "127.0.0.1:8000"


def main() -> None:
    """Let mkdocs take the place of this process."""
    command = ["serve", "--dev-addr", _ADDRESS] if "--serve" in sys.argv[1:] else ["build", "--quiet"]
    # What the theme says of its successor is in docs/adr, and nothing that a build has to say each time.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    program = [sys.executable, "-m", "mkdocs", *command, "--strict", "--config-file", str(ROOT / "mkdocs.yml")]
    os.execve(program[0], program, environment)  # noqa: S606 - there is no shell in it


if __name__ == "__main__":
    main()
