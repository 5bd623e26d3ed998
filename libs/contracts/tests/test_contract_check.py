"""`forkant contracts check` names every planted violation, in schemas and in the record of what was released."""

import asyncio
import copy
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from forkant_contracts import generate, release
from forkant_contracts.compatibility import RULES
from forkant_devstack.commands.contracts import contracts
from typer.testing import CliRunner

DATA = Path(__file__).parent / "data"
SAMPLED: dict[str, Any] = json.loads((DATA / "case.sampled.v1.0.json").read_text())
PLANTED: dict[str, list[dict[str, Any]]] = json.loads((DATA / "planted_changes.json").read_text())


class Record:
    """A copy of the library's folder in which things can be planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads(release.manifest(self.folder).read_text())

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        release.manifest(self.folder).write_text(json.dumps(content))

    def pin(self, name: str, document: Any, *, kind: str = "schemas") -> None:
        """Make a file, and have it released in the last release."""
        text = json.dumps(document)
        (self.folder / kind / f"{name}.json").write_text(text)
        content = self.manifest
        for entry in content.values():
            entry[kind].pop(name, None)
        list(content.values())[-1][kind][name] = sha256(text.encode()).hexdigest()
        self.write_manifest(content)

    def read(self, kind: str, name: str) -> Any:
        return json.loads((self.folder / kind / f"{name}.json").read_text())

    def plant(self, change: Mapping[str, Any]) -> None:
        """Release the sampled event, and a next minor version of it with a planted change."""
        newer = copy.deepcopy(SAMPLED) | {"$id": "urn:forkant:schema:case.sampled.v1.1"}
        node = newer
        for step in change["at"]:
            node = node[step]
        node.update(change["set"])
        for keyword in [keyword for keyword, value in change["set"].items() if value is None]:
            del node[keyword]
        self.pin("case.sampled.v1.0", SAMPLED)
        self.pin("case.sampled.v1.1", newer)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library's folder in which everything of today is released."""
    repository = tmp_path_factory.mktemp("repository")
    folder = repository / "libs" / "contracts"
    for name in ("schemas", "golden"):
        shutil.copytree(release.FOLDER / name, folder / name)
    shutil.copy(release.FOLDER / "pyproject.toml", folder)
    generate.write(repository)
    release.release(folder)
    return folder


@pytest.fixture
def record(template: Path, tmp_path: Path) -> Record:
    return Record(Path(shutil.copytree(template, tmp_path / "contracts")))


def _another_number(record: Record) -> None:
    received = record.read("schemas", "concern.received.v1.0")
    record.pin("concern.received.v1.7", {**received, "$id": "urn:forkant:schema:concern.received.v1.7"})


def _skipped_major(record: Record) -> None:
    record.pin("case.sampled.v3.0", {**SAMPLED, "$id": "urn:forkant:schema:case.sampled.v3.0"})


def _misread(record: Record) -> None:
    document = record.read("golden", "case.opened.v1.0")
    document["messages"][0]["event"]["data"]["theme"] = "traffic"
    record.pin("case.opened.v1.0", document, kind="golden")


def _unreadable(record: Record) -> None:
    document = record.read("golden", "case.opened.v1.0")
    document["messages"][0]["headers"].pop("ce_unit")
    record.pin("case.opened.v1.0", document, kind="golden")


def _another_producer(record: Record) -> None:
    document = json.loads(
        json.dumps(record.read("golden", "case.opened.v1.0")).replace("urn:forkant:case-service", "urn:forkant:weather")
    )
    record.pin("case.opened.v1.0", document, kind="golden")


def _topic(name: str, partitions: int) -> Callable[[Record], None]:
    def plant(record: Record) -> None:
        content = record.manifest
        list(content.values())[-1]["topics"][name] = partitions
        record.write_manifest(content)

    return plant


def _older_library(record: Record) -> None:
    file = record.folder / "pyproject.toml"
    file.write_text(
        file.read_text().replace(f'version = "{release.library_version(record.folder)}"', 'version = "0.0.9"')
    )


def _unordered_releases(record: Record) -> None:
    record.write_manifest({**record.manifest, "0.0.1": {"schemas": {}, "golden": {}, "topics": {}}})


RECORD_PLANTS: dict[str, list[tuple[str, Callable[[Record], Any]]]] = {
    "type-vanished": [("case.sampled.v1.0", lambda record: record.pin("case.sampled.v1.0", SAMPLED))],
    "numbering": [("concern.received.v1.0", _another_number), ("case.sampled", _skipped_major)],
    "changed-without-minor": [
        (
            "concern.received.v1.0",
            lambda record: record.pin(
                "concern.received.v1.0",
                {**record.read("schemas", "concern.received.v1.0"), "description": "Another meaning."},
            ),
        )
    ],
    "id-mismatch": [("case.opened.v1.0", lambda record: record.pin("case.opened.v1.0", SAMPLED))],
    "released-file-changed": [
        ("case.closed.v1.0", lambda record: (record.folder / "schemas/case.closed.v1.0.json").write_text("{}")),
        ("case.closed.v1.0", lambda record: (record.folder / "golden/case.closed.v1.0.json").write_text("{}")),
    ],
    "released-file-missing": [
        ("case.closed.v1.0", lambda record: (record.folder / "schemas/case.closed.v1.0.json").unlink()),
        ("case.closed.v1.0", lambda record: (record.folder / "golden/case.closed.v1.0.json").unlink()),
    ],
    "stray-file": [
        ("case.sampled.v1.0", lambda record: (record.folder / "schemas/case.sampled.v1.0.json").write_text("{}"))
    ],
    "golden-read-differently": [
        ("case.opened.v1.0", _misread),
        ("case.opened.v1.0", _unreadable),
        ("case.opened.v1.0", _another_producer),
    ],
    "topic-vanished": [("forkant.weather.v1", _topic("forkant.weather.v1", 3))],
    "partitions-changed": [("forkant.case.v1", _topic("forkant.case.v1", 13))],
    "release-numbering": [("release 0.0.9", _older_library), ("release 0.0.1", _unordered_releases)],
}
"""By rule: the event that must be named, and a change of the record that breaks the rule."""

COMMAND_PLANTS: list[tuple[str, str, Callable[[Record], Any]]] = [
    *((rule, event, plant) for rule, plants in RECORD_PLANTS.items() for event, plant in plants),
    *(
        (rule, f"case.sampled.v1.1 {change['field']}".strip(), lambda record, change=change: record.plant(change))
        for rule, changes in PLANTED.items()
        if rule != "id-mismatch"
        for change in changes
    ),
]


def test_every_rule_has_a_plant():
    assert {rule for rule, _, _ in COMMAND_PLANTS} == set(RULES)


def lines_of(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        rule, _, rest = line.partition(": ")
        yield rule, rest.partition(": ")[0]


@pytest.mark.parametrize(("rule", "place", "plant"), COMMAND_PLANTS, ids=[f"{e[0]}-{e[1]}" for e in COMMAND_PLANTS])
def test_the_command_names_a_planted_violation(record: Record, rule: str, place: str, plant: Callable[[Record], Any]):
    plant(record)
    answer = CliRunner().invoke(contracts, ["check", "--folder", str(record.folder)])
    assert answer.exit_code == 1
    assert (rule, place) in list(lines_of(answer.output)), answer.output


def test_the_command_passes_an_untouched_copy(record: Record):
    answer = CliRunner().invoke(contracts, ["check", "--folder", str(record.folder)])
    assert (answer.exit_code, answer.output.endswith("no rule is broken\n")) == (0, True), answer.output


@pytest.mark.parametrize("rule", ["released-file-changed", "type-vanished", "field-removed", "unknown-keyword"])
async def test_the_command_fails_as_a_process(record: Record, rule: str):
    place, plant = next((place, plant) for name, place, plant in COMMAND_PLANTS if name == rule)
    plant(record)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "forkant_devstack.cli", "contracts", "check", "--folder", str(record.folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert process.returncode == 1
    assert (rule, place) in list(lines_of(output.decode()))
