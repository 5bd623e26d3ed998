"""Makes the typed client of the case service from its API description, or with ``--check`` says whether it differs."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.client_models import models_of
from scripts.client_operations import operations_of

ROOT: Final = Path(__file__).parents[1]
DESCRIPTION: Final = ROOT / "services/case-service/openapi.json"
PACKAGE: Final = ROOT / "libs/case-client/src/forkant_case_client"


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file is out of date")
    check = parser.parse_args().check
    document = json.loads(DESCRIPTION.read_text("utf-8"))
    stale = []
    for name, source in (("models.py", models_of(document)), ("operations.py", operations_of(document))):
        wanted, kept = _formatted(source), PACKAGE / name
        if not check:
            kept.write_text(wanted, "utf-8")
        elif not kept.is_file() or kept.read_text("utf-8") != wanted:
            stale.append(name)
    if stale:
        sys.stderr.write(f"{', '.join(stale)} out of date: run python -m scripts.generate_case_client and commit\n")
    return 1 if stale else 0


def _formatted(source: str) -> str:
    """Return the source as the formatter leaves it, with its imports sorted and those that nobody uses left out."""
    ruff, name = [sys.executable, "-m", "ruff"], ["--stdin-filename", "generated.py", "-"]
    for step in (["check", "--isolated", "--fix", "--quiet", "--exit-zero", "--select", "I,F401,UP"], ["format"]):
        line = [*ruff, *step, "--config", "line-length=120", *name]
        source = subprocess.run(line, input=source, text=True, capture_output=True, check=True, cwd=ROOT).stdout
    return source


if __name__ == "__main__":
    raise SystemExit(main())
