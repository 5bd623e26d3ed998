"""Write the committed API description, or check it: ``python -m notification_service.openapi [--check]``."""

import json
import sys
from pathlib import Path
from typing import Final

from notification_service.app import describe

OPENAPI: Final = Path(__file__).resolve().parents[2] / "openapi.json"


def render() -> str:
    """Return the API description as it is committed."""
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file; with ``--check`` say whether it is as it should be."""
    wanted = render()
    if "--check" not in arguments:
        OPENAPI.write_text(wanted, encoding="utf-8")
        return 0
    if OPENAPI.is_file() and OPENAPI.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{OPENAPI.name} is out of date: run python -m notification_service.openapi", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
