"""Write the committed API description, or check it: ``python -m case_service.openapi [--check]``."""

import sys
from pathlib import Path
from typing import Any, Final

from forkant_kit.openapi_file import keep_openapi
from forkant_kit.settings import Environment
from pydantic import SecretStr

from case_service.app import build_app
from case_service.settings import CaseSettings

COMMITTED: Final = Path(__file__).parents[2] / "openapi.json"


def describe() -> dict[str, Any]:
    """Return the API description; nothing is connected for it."""
    nowhere = CaseSettings(
        env=Environment.TEST,
        database_url=SecretStr("postgresql://nobody@127.0.0.1/none"),
        oidc_issuer="https://issuer.invalid",
    )
    return build_app(nowhere).openapi()


def main() -> int:
    """Write the file, or with ``--check`` say whether it differs."""
    return keep_openapi(describe=describe, committed=COMMITTED, module="case_service.openapi", arguments=sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
