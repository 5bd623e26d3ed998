"""Every file that is generated from the contracts; ``forkant contracts generate`` writes them, ``--check`` compares."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from forkant_contracts import asyncapi, golden, kubernetes, pages, rules_page, schemas
from forkant_contracts.events import EVENT_TYPES
from forkant_contracts.release import FOLDER, library_version, released_files

REPOSITORY: Final = FOLDER.parents[1]


def versioned() -> dict[str, str]:
    """Return schemas and golden messages of today's models, released or not."""
    return {
        path: text
        for model in EVENT_TYPES.values()
        for path, text in (
            (f"libs/contracts/schemas/{schemas.version_name(model)}.json", schemas.as_text(schemas.schema_of(model))),
            (f"libs/contracts/golden/{schemas.version_name(model)}.json", schemas.as_text(golden.made(model))),
        )
    }


def described() -> dict[str, str]:
    """Return the AsyncAPI document and the page of rules."""
    return {
        "libs/contracts/asyncapi.json": schemas.as_text(asyncapi.document(version=library_version(FOLDER))),
        "docs/reference/contract-rules.md": rules_page.page(),
    }


SOURCES: Final[tuple[Callable[[], dict[str, str]], ...]] = (versioned, described, pages.artefacts, kubernetes.artefacts)
"""Each gives files by their path in the repository."""


def artefacts(repository: Path = REPOSITORY) -> dict[Path, str]:
    """Return every generated file's text; a released file is none, for it is never written again."""
    released = released_files(repository / "libs" / "contracts")
    found = {repository / path: text for source in SOURCES for path, text in source().items()}
    return {file: text for file, text in found.items() if file not in released}


def differences(repository: Path = REPOSITORY) -> list[str]:
    """Return what differs between the committed files and what would be generated, one line each."""
    return [
        f"{file.relative_to(repository)}: {'differs' if file.exists() else 'is missing'}"
        for file, text in artefacts(repository).items()
        if _differs(file, text)
    ]


def write(repository: Path = REPOSITORY) -> list[Path]:
    """Write what differs, and return those files."""
    changed = {file: text for file, text in artefacts(repository).items() if _differs(file, text)}
    for file, text in changed.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return list(changed)


def _differs(file: Path, text: str) -> bool:
    return not file.exists() or file.read_text() != text
