"""``python -m forkant_kit.audit key`` makes a signing key; ``… export FILE`` writes the trail for the verifier.

``… restore-key`` makes a key to sign for restores with, and ``… restored HEADS WHO`` signs, in the file of heads, that
the database was set back to a backup. Both read ``FORKANT_DATABASE_URL``, as the application's role.
"""

import asyncio
import base64
import os
import sys
from pathlib import Path
from typing import Final

from forkant_kit.audit.export import export
from forkant_kit.audit.heads import HeadKey, read_seed
from forkant_kit.audit.restored import NothingLostError, sign_restore
from forkant_kit.settings import EXIT_BAD_SETTINGS

RESTORE_KEY_VARIABLE: Final = "FORKANT_AUDIT_RESTORE_KEY"
"""Where the key is read from that signs for restores; no process of the platform has it."""


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    match arguments:
        case ["key"]:
            seed = os.urandom(32)
            key = HeadKey(seed)
            print(f"FORKANT_AUDIT_SIGNING_KEY={base64.b64encode(seed).decode()}")  # noqa: T201
            print(f'public, for the file of known keys: "{key.id}": "{key.public}"')  # noqa: T201
            return 0
        case ["restore-key"]:
            seed = os.urandom(32)
            key = HeadKey(seed)
            print(f"{RESTORE_KEY_VARIABLE}={base64.b64encode(seed).decode()}")  # noqa: T201
            print(f'public, for the file of known keys: "restore:{key.id}": "{key.public}"')  # noqa: T201
            return 0
        case ["restored", path, who]:
            return _sign(Path(path), who)
        case ["export", path]:
            url = os.environ.get("FORKANT_DATABASE_URL")
            if not url:
                print("set FORKANT_DATABASE_URL to the URL of the service's database", file=sys.stderr)  # noqa: T201
                return EXIT_BAD_SETTINGS
            print(f"{asyncio.run(export(url, Path(path)))} lines")  # noqa: T201
            return 0
    print(__doc__, file=sys.stderr)  # noqa: T201
    return 2


def _sign(heads: Path, who: str) -> int:
    url, seed = os.environ.get("FORKANT_DATABASE_URL"), os.environ.get(RESTORE_KEY_VARIABLE)
    if not url or not seed:
        print(f"set FORKANT_DATABASE_URL and {RESTORE_KEY_VARIABLE}", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    try:
        note = asyncio.run(sign_restore(url, heads, key=HeadKey(read_seed(seed)), by=who))
    except (NothingLostError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    said = note["restored"]
    print(f"signed: the chain goes on from {said['position']}; up to {said['last']} is lost")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
