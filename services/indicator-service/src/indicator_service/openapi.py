"""Write the committed API description, or check it: ``python -m indicator_service.openapi [--check]``."""

import sys
from pathlib import Path
from typing import Final

from forkant_kit.openapi_file import keep_openapi

from indicator_service.app import describe

COMMITTED: Final = Path(__file__).parents[2] / "openapi.json"


def main() -> int:
    """Write the file, or with ``--check`` say whether it differs."""
    return keep_openapi(
        describe=describe, committed=COMMITTED, module="indicator_service.openapi", arguments=sys.argv[1:]
    )


if __name__ == "__main__":
    raise SystemExit(main())
