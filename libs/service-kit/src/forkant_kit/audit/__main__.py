"""``python -m forkant_kit.audit key`` makes a signing key; ``… export FILE`` writes the trail for the verifier.

The export reads ``FORKANT_DATABASE_URL``, as the application's role.
"""

import asyncio
import base64
import os
import sys
from pathlib import Path

from forkant_kit.audit.export import export
from forkant_kit.audit.heads import HeadKey
from forkant_kit.settings import EXIT_BAD_SETTINGS


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    match arguments:
        case ["key"]:
            seed = os.urandom(32)
            key = HeadKey(seed)
            print(f"FORKANT_AUDIT_SIGNING_KEY={base64.b64encode(seed).decode()}")  # noqa: T201
            print(f'public, for the file of known keys: "{key.id}": "{key.public}"')  # noqa: T201
            return 0
        case ["export", path]:
            url = os.environ.get("FORKANT_DATABASE_URL")
            if not url:
                print("set FORKANT_DATABASE_URL to the URL of the service's database", file=sys.stderr)  # noqa: T201
                return EXIT_BAD_SETTINGS
            print(f"{asyncio.run(export(url, Path(path)))} lines")  # noqa: T201
            return 0
    print(__doc__, file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
