"""Writes the API description to ``openapi.json``, or checks it: ``python -m case_service.openapi [--check]``."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

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


def rendered() -> str:
    """Return the description as it is committed."""
    return json.dumps(describe(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Write the file, or with ``--check`` say whether it differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the file is out of date")
    asked = parser.parse_args()
    if not asked.check:
        COMMITTED.write_text(rendered(), "utf-8")
        return 0
    if COMMITTED.exists() and COMMITTED.read_text("utf-8") == rendered():
        return 0
    sys.stderr.write(f"{COMMITTED.name} is out of date: run python -m case_service.openapi and commit it\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
