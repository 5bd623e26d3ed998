"""What has been released, and whether today's contracts keep to it.

``schemas/`` keeps the JSON Schema of every event version ever released, ``golden/`` its messages, and
``schemas/released.json`` the SHA-256 of each under the release that brought it, with every topic's partition count.
``forkant contracts release`` adds what is new under the library's version; ``forkant contracts check`` fails on
anything that no longer agrees.
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

from forkant_contracts import golden, schemas
from forkant_contracts.compatibility import Violation, check_history
from forkant_contracts.envelope import TYPE_PREFIX
from forkant_contracts.events import EVENT_TYPES
from forkant_contracts.topics import TOPICS
from forkant_contracts.upcasters import UPCASTERS

FOLDER: Final = Path(__file__).parents[2]
"""The library's folder in the repository."""

_MANIFEST: Final = "released.json"


class ReleaseError(Exception):
    """The release can't be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """What one version of the library brought: SHA-256 by schema version, and all topics' partition counts."""

    schemas: dict[str, str]
    golden: dict[str, str]
    topics: dict[str, int]


def manifest(folder: Path) -> Path:
    """Return the file that says what is released."""
    return folder / "schemas" / _MANIFEST


def releases(folder: Path) -> dict[str, Release]:
    """Read all releases, oldest first, by the library's version."""
    file = manifest(folder)
    if not file.exists():
        return {}
    return {version: Release(**entry) for version, entry in json.loads(file.read_text()).items()}


def released_files(folder: Path) -> dict[Path, str]:
    """Return every released file with its SHA-256."""
    return {
        folder / kind / f"{name}.json": digest
        for release in releases(folder).values()
        for kind, digests in (("schemas", release.schemas), ("golden", release.golden))
        for name, digest in digests.items()
    }


def library_version(folder: Path) -> str:
    """Read the library's version from its pyproject.toml."""
    version: str = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
    return version


def check(folder: Path = FOLDER) -> list[Violation]:
    """Return every broken rule of today's models and registry against everything released."""
    files = list(_files(folder))
    if files:
        return files
    released = {
        file.stem: json.loads(file.read_text()) for file in released_files(folder) if file.parent.name == "schemas"
    }
    return [
        *check_history(released, schemas.current(), {name.removeprefix(TYPE_PREFIX) for name in UPCASTERS}),
        *_strays(folder),
        *_golden(folder),
        *_topics(folder),
        *_versions(folder),
    ]


def release(folder: Path = FOLDER) -> list[str]:
    """Release what is new under the library's version, and return the names of the new schema versions.

    Raises:
        ReleaseError: a rule is broken, the files are not generated, or the library's version is released already.
    """
    if broken := check(folder):
        raise ReleaseError("\n".join(map(str, broken)))
    before, version, today = releases(folder), library_version(folder), schemas.current()
    known = {name for each in before.values() for name in each.schemas}
    new = sorted(set(today) - known)
    if not new:
        return []
    if version in before:
        raise ReleaseError(f"version {version} is released already: raise it in {folder / 'pyproject.toml'}")
    if missing := [name for name in new if not _is_generated(folder, name)]:
        raise ReleaseError(f"{', '.join(missing)}: not as generated; run `forkant contracts generate` and commit")
    entry = Release(
        schemas={name: _digest(folder / "schemas" / f"{name}.json") for name in new},
        golden={name: _digest(folder / "golden" / f"{name}.json") for name in new},
        topics={topic.name: topic.partitions for topic in TOPICS.values()},
    )
    history = {name: asdict(each) for name, each in {**before, version: entry}.items()}
    manifest(folder).write_text(schemas.as_text(history))
    return new


def _is_generated(folder: Path, name: str) -> bool:
    model = next(each for each in EVENT_TYPES.values() if schemas.version_name(each) == name)
    made = {"schemas": schemas.schema_of(model), "golden": golden.made(model)}
    files = {folder / kind / f"{name}.json": schemas.as_text(document) for kind, document in made.items()}
    return all(file.exists() and file.read_text() == text for file, text in files.items())


def _files(folder: Path) -> Iterator[Violation]:
    for file, digest in released_files(folder).items():
        if not file.exists():
            text = f"{file.parent.name}/{file.name} is gone"
            yield Violation(rule="released-file-missing", event=file.stem, field="", found=text)
        elif _digest(file) != digest:
            text = f"{file.parent.name}/{file.name} is not what was released"
            yield Violation(rule="released-file-changed", event=file.stem, field="", found=text)


def _strays(folder: Path) -> Iterator[Violation]:
    expected = {file.stem for file in released_files(folder)} | set(schemas.current())
    for kind in ("schemas", "golden"):
        for file in sorted((folder / kind).glob("*.json")):
            if file.stem not in expected and file.name != _MANIFEST:
                text = f"{kind}/{file.name} belongs to no model and no release"
                yield Violation(rule="stray-file", event=file.stem, field="", found=text)


def _golden(folder: Path) -> Iterator[Violation]:
    for file in sorted((folder / "golden").glob("*.json")):
        for text in golden.misread(json.loads(file.read_text())):
            yield Violation(rule="golden-read-differently", event=file.stem, field="", found=text)


def _topics(folder: Path) -> Iterator[Violation]:
    known = {name: count for each in releases(folder).values() for name, count in each.topics.items()}
    for name, partitions in known.items():
        if name not in TOPICS:
            yield Violation(rule="topic-vanished", event=name, field="", found="the topic is gone")
        elif TOPICS[name].partitions != partitions:
            text = f"it had {partitions} partitions and has {TOPICS[name].partitions}"
            yield Violation(rule="partitions-changed", event=name, field="", found=text)


def _versions(folder: Path) -> Iterator[Violation]:
    ordered = [*releases(folder), library_version(folder)]
    for earlier, later in pairwise(ordered):
        same_is_fine = later is ordered[-1]
        if _numbers(later) < _numbers(earlier) or (later == earlier and not same_is_fine):
            text = f"{later} comes after {earlier}"
            yield Violation(rule="release-numbering", event=f"release {later}", field="", found=text)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
