"""The library installs from its wheel alone: an empty environment, and only what the wheel's metadata asks for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from forkant_contracts.events.case import CaseOpened
from forkant_contracts.golden import made

LIBRARY = Path(__file__).parents[1]
NO_INDEX = ("Could not find a version", "No matching distribution", "Connection", "Temporary failure", "timed out")
NOT_WANTED = ("aiokafka", "forkant_kit", "forkant_devstack", "sqlalchemy", "fastapi", "jsonschema")

READ = """
import importlib.util, json, sys
import forkant_contracts
from forkant_contracts.subscriber import subscribe
golden = json.loads(sys.argv[1])
for message in golden["messages"]:
    event = forkant_contracts.decode([(n, t.encode()) for n, t in message["headers"].items()], message["value"].encode())
    print(event.type, event.aggregate_version, event.data.theme.value)
print(sorted(name for name in sys.argv[2].split() if importlib.util.find_spec(name)))
print(forkant_contracts.__file__)
import asyncio
async def enter():
    async with subscribe(bootstrap="127.0.0.1:1", client="downstream-demo"):
        pass
try:
    asyncio.run(enter())
except ModuleNotFoundError as error:
    print(error)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command outside this environment, and skip the test when it needs an index that can't be reached."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    ran = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode and any(sign in ran.stderr for sign in NO_INDEX):
        pytest.skip("no package index can be reached to build the wheel with and to fetch pydantic from")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty environment with the wheel and what it asks for, and return its Python."""
    pytest.importorskip("ensurepip", reason="this Python can't make environments: it has no ensurepip")
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "venv", folder / "environment", cwd=folder)
    python = folder / "environment" / "bin" / "python"
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "dist", LIBRARY, cwd=folder)
    [wheel] = (folder / "dist").glob("forkant_contracts-*.whl")
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return python


def test_the_installed_wheel_reads_events_and_says_what_reading_from_kafka_needs(python: Path, tmp_path: Path):
    golden = json.dumps(made(CaseOpened))
    count = len(made(CaseOpened)["messages"])
    theme = made(CaseOpened)["messages"][0]["event"]["data"]["theme"]
    *read, others, place, hint = run(python, "-c", READ, golden, " ".join(NOT_WANTED), cwd=tmp_path).splitlines()
    assert read == [f"{CaseOpened.TYPE} 3 {theme}"] * count
    assert others == "[]"
    assert Path(place).is_relative_to(python.parents[1])
    assert hint == "reading from Kafka needs aiokafka: install forkant-contracts[kafka]"


def test_the_wheel_asks_for_pydantic_alone_and_for_aiokafka_as_an_extra(python: Path, tmp_path: Path):
    code = "from importlib.metadata import requires; print('\\n'.join(requires('forkant-contracts')))"
    asked = run(python, "-c", code, cwd=tmp_path).splitlines()
    assert [each for each in asked if "extra" not in each] == ["pydantic>=2.14"]
    assert [each.replace('"', "'") for each in asked if "extra" in each] == ["aiokafka>=0.14; extra == 'kafka'"]


def test_the_wheel_is_typed(python: Path, tmp_path: Path):
    code = "import forkant_contracts, pathlib; print((pathlib.Path(forkant_contracts.__file__).parent / 'py.typed').exists())"
    assert run(python, "-c", code, cwd=tmp_path).strip() == "True"
