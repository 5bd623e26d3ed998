"""The committed API description of a service: written from the routes, and checked against them."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def keep_openapi(
    *, describe: Callable[[], dict[str, Any]], committed: Path, module: str, arguments: Sequence[str]
) -> int:
    """Write the API description to ``committed``, or with ``--check`` compare them; return the exit code.

    Args:
        describe: gives the description, without connecting to anything.
        committed: the file.
        module: what to run to write it again, for the message.
        arguments: the command line.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description="Writes the service's API description.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the file is out of date")
    wanted = json.dumps(describe(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if not parser.parse_args(arguments).check:
        committed.write_text(wanted, encoding="utf-8")
        return 0
    if committed.is_file() and committed.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write(f"{committed.name} is out of date: run python -m {module} and commit it\n")
    return 1
