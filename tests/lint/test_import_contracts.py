"""The import contracts of .importlinter hold, and each fails when somebody breaks it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "forkant_contracts": ("codes", "events"),
    "forkant_kit": ("db",),
    "forkant_devstack": ("cli",),
    "case_service": ("app", "worker", "api", "commands", "queries", "store", "tables", "domain"),
    "indicator_service": (
        "app",
        "worker",
        "api",
        "steering",
        "projector",
        "store",
        "aggregation",
        "definitions",
        "imports",
        *(f"imports/{module}" for module in ("api", "commands", "store", "standing", "checking")),
    ),
    "notification_service": ("app", "worker", "consumers", "commands", "store", "domain"),
}


@pytest.fixture
def lint(tmp_path):
    """Lint a skeleton of the packages in which `importer` holds one import."""
    for package, modules in PACKAGES.items():
        for folder in (package, *(f"{package}/{module}" for module in modules)):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "__init__.py").touch()

    def run(importer: str, statement: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / importer.replace(".", "/") / "one.py").write_text(f"{statement}\n")
        return subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", ROOT / ".importlinter"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("importer", "statement"),
    [
        ("case_service.domain", "import sqlalchemy"),
        ("case_service.domain", "import forkant_kit.db"),
        ("case_service.domain", "import forkant_contracts.events"),
        ("case_service.domain", "import case_service.tables"),
        ("case_service.store", "import case_service.commands"),
        ("case_service.commands", "import case_service.queries"),
        ("case_service.api", "import case_service.app"),
        ("case_service.worker", "import case_service.app"),
        ("case_service", "import indicator_service.store"),
        ("case_service", "import forkant_devstack.cli"),
        ("notification_service.store", "import notification_service.consumers"),
        ("indicator_service.aggregation", "import asyncpg"),
        ("indicator_service.store", "import indicator_service.projector"),
        ("indicator_service.projector", "import indicator_service.steering"),
        ("indicator_service.imports.store", "import indicator_service.imports.commands"),
        ("forkant_kit", "import case_service.domain"),
        ("forkant_contracts", "import forkant_kit"),
        ("forkant_contracts", "import aiokafka"),
    ],
)
def test_an_import_against_the_direction_is_refused(lint, importer, statement):
    done = lint(importer, statement)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{importer}.one" in done.stdout


@pytest.mark.parametrize(
    ("importer", "statement"),
    [
        ("case_service.domain", "import enum, forkant_contracts.codes"),
        ("case_service.app", "import case_service.api, case_service.store, forkant_kit.db"),
        ("indicator_service.projector", "import indicator_service.store, indicator_service.aggregation"),
        ("forkant_devstack", "import case_service.store, indicator_service.store"),
    ],
)
def test_an_import_in_the_direction_is_accepted(lint, importer, statement):
    done = lint(importer, statement)

    assert done.returncode == 0, done.stdout + done.stderr
