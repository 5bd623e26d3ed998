"""Releasing: what is new is pinned under the library's version, and nothing that was released changes again."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from forkant_contracts import EVENT_TYPES, EventData, generate, release
from forkant_contracts.fields import Count, Flag
from forkant_contracts.topics import CASE_TOPIC
from forkant_devstack.commands.contracts import contracts
from typer.testing import CliRunner


class CaseSampled(EventData):
    """An event of a release."""

    TYPE: ClassVar[str] = "no.forkant.case.sampled.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC

    goals: Count
    """Goals."""


class CaseSampledLater(CaseSampled):
    """An event of a release."""

    MINOR: ClassVar[int] = 1

    measurable: Flag | None = None
    """Whether they can be measured."""


class CaseSampledWrongly(CaseSampled):
    """An event of a release."""

    MINOR: ClassVar[int] = 1

    measurable: Flag
    """Whether they can be measured."""


@pytest.fixture
def models() -> Iterator[dict[str, type[EventData]]]:
    """The event models, to be changed; their order, which generated files have, is given back too."""
    before = dict(EVENT_TYPES)
    yield EVENT_TYPES
    EVENT_TYPES.clear()
    EVENT_TYPES.update(before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: dict[str, type[EventData]]) -> Path:
    """The library's folder in a repository of its own, with one event, not released."""
    models.clear()
    models[CaseSampled.TYPE] = CaseSampled
    monkeypatch.setattr(generate, "SOURCES", (generate.versioned,))
    folder = tmp_path / "libs" / "contracts"
    folder.mkdir(parents=True)
    shutil.copy(release.FOLDER / "pyproject.toml", folder)
    raise_version(folder, "1.0.0")
    generate.write(tmp_path)
    return folder


def raise_version(folder: Path, version: str) -> None:
    file = folder / "pyproject.toml"
    file.write_text(
        file.read_text().replace(f'version = "{release.library_version(folder)}"', f'version = "{version}"')
    )


def test_a_release_pins_schemas_messages_and_partition_counts(folder: Path):
    assert release.release(folder) == ["case.sampled.v1.0"]
    entry = json.loads(release.manifest(folder).read_text())["1.0.0"]
    assert set(entry["schemas"]) == set(entry["golden"]) == {"case.sampled.v1.0"}
    assert entry["topics"]["forkant.case.v1"] == 12
    assert release.check(folder) == []


def test_a_second_release_without_anything_new_changes_nothing(folder: Path):
    release.release(folder)
    before = release.manifest(folder).read_text()
    assert release.release(folder) == []
    assert release.manifest(folder).read_text() == before


def test_a_released_file_is_never_generated_again(folder: Path, models, monkeypatch):
    release.release(folder)
    released = (folder / "schemas" / "case.sampled.v1.0.json").read_text()
    models[CaseSampled.TYPE] = CaseSampledLater
    monkeypatch.setattr(CaseSampledLater, "MINOR", 0)
    assert generate.write(folder.parents[1]) == []
    assert [violation.rule for violation in release.check(folder)] == ["changed-without-minor"]
    assert (folder / "schemas" / "case.sampled.v1.0.json").read_text() == released


def test_a_new_minor_version_is_released_beside_the_old_one(folder: Path, models):
    release.release(folder)
    models[CaseSampled.TYPE] = CaseSampledLater
    assert release.check(folder) == []
    with pytest.raises(release.ReleaseError, match=r"version 1.0.0 is released already: raise it"):
        release.release(folder)
    raise_version(folder, "1.1.0")
    with pytest.raises(release.ReleaseError, match=r"run `forkant contracts generate`"):
        release.release(folder)
    generate.write(folder.parents[1])
    assert release.release(folder) == ["case.sampled.v1.1"]
    assert list(release.releases(folder)) == ["1.0.0", "1.1.0"]
    assert release.check(folder) == []


def test_a_breaking_change_is_not_released(folder: Path, models):
    release.release(folder)
    models[CaseSampled.TYPE] = CaseSampledWrongly
    raise_version(folder, "1.1.0")
    generate.write(folder.parents[1])
    with pytest.raises(release.ReleaseError, match=r"^required-field-added: case.sampled.v1.1 measurable: "):
        release.release(folder)
    assert list(release.releases(folder)) == ["1.0.0"]


def test_an_event_that_nobody_could_compare_is_not_released(folder: Path, models):
    class Strange(CaseSampled):
        """An event of a release."""

        numbers: frozenset[int]
        """A set is an array with a keyword that the check does not know."""

    models[CaseSampled.TYPE] = Strange
    with pytest.raises(release.ReleaseError, match=r"^unknown-keyword: case.sampled.v1.0 numbers: .*'uniqueItems'"):
        release.release(folder)


def test_the_command_releases_and_says_what(folder: Path):
    answer = CliRunner().invoke(contracts, ["release", "--folder", str(folder)])
    assert (answer.exit_code, answer.output) == (0, "case.sampled.v1.0\n1 event versions released in 1.0.0\n")
    again = CliRunner().invoke(contracts, ["release", "--folder", str(folder)])
    assert (again.exit_code, again.output) == (0, "nothing new\n")


def test_the_first_release_stays_on_record():
    first = release.releases(release.FOLDER)["1.0.0"]
    assert len(first.schemas) == len(first.golden) == 43
