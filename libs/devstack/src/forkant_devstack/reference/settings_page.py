"""The page of all settings, made from the typed settings of each process.

``python -m forkant_devstack.reference.settings_page`` writes `docs/reference/settings.md`; ``--check`` compares.
What must be set in production is found by leaving each one out.
"""

import base64
import enum
import os
import sys
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import certifi
from case_service.settings import CaseSettings, CaseWorkerSettings
from forkant_kit.settings import ServiceSettings
from indicator_service.settings import IndicatorSettings, IndicatorWorkerSettings
from notification_service.settings import NotificationSettings, NotificationWorkerSettings
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

FILE: Final = Path("docs/reference/settings.md")
PROCESSES: Final[Mapping[str, type[ServiceSettings]]] = {
    "case API": CaseSettings,
    "case worker": CaseWorkerSettings,
    "indicator API": IndicatorSettings,
    "indicator worker": IndicatorWorkerSettings,
    "notification API": NotificationSettings,
    "notification worker": NotificationWorkerSettings,
}
_KEY: Final = base64.b64encode(b"k" * 32).decode()
_PRODUCTION: Final = {
    "database_url": "postgresql://app@postgres/service",
    "oidc_issuer": "https://login.example",
    "cursor_secret": "c" * 40,
    "introspection_client_id": "forkant",
    "introspection_client_secret": "s" * 40,
    "case_service_url": "https://cases.example",
    "self_audit_client_id": "self-audit",
    "self_audit_client_secret": "s" * 40,
    "text_keys": _KEY,
    "endpoint_secret_keys": _KEY,
    "audit_signing_key": _KEY,
    "kafka_ca_file": certifi.where(),
}
"""Values with which every process starts in production, of what has no value of its own that would do there."""

_LIMITS: Final = ("ge", "gt", "le")

_HEAD: Final = """# Settings

<!-- Made by `python -m forkant_devstack.reference.settings_page` from the settings of each process. -->

Every process reads its settings from its environment, each with the prefix `FORKANT_`, and from nowhere else. One that
is missing or wrong ends the start with exit code 78 and a line for each. Migrations read `FORKANT_DATABASE_OWNER_URL`,
and those of the case service `FORKANT_TEXT_KEYS` too. `PGSSLMODE` and `PGSSLROOTCERT` decide about TLS to PostgreSQL
([connections](../how-to/connections.md)).

**Bold**: must be set in production (`FORKANT_ENV=production`, the default), or everywhere where it says *required*.
"""


def document() -> str:
    """Return the page's text."""
    parts = [_HEAD]
    for readers, names in _groups().items():
        parts.append(f"\n## {_heading(readers)}\n\n| setting | value | default | meaning |\n|---|---|---|---|\n")
        parts += [_row(name, readers) for name in names]
    return "".join(parts)


def _groups() -> dict[tuple[str, ...], list[str]]:
    """Return the names of settings by who reads them, those of most processes first.

    Two services may give one name a meaning each; then it stands with both.
    """
    readers: dict[tuple[str, str], tuple[str, ...]] = {}
    for process, settings in PROCESSES.items():
        for name, field in settings.model_fields.items():
            readers[name, _cells(field)] = (*readers.get((name, _cells(field)), ()), process)
    groups: dict[tuple[str, ...], list[str]] = {}
    for (name, _), who in readers.items():
        groups.setdefault(who, []).append(name)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[0]), item[0])))


def _heading(readers: Sequence[str]) -> str:
    if len(readers) == len(PROCESSES):
        return "Every process"
    for kind in ("API", "worker"):
        if list(readers) == [process for process in PROCESSES if process.endswith(kind)]:
            return f"Every {kind}"
    return ", ".join(readers)


def _row(name: str, readers: Sequence[str]) -> str:
    settings = PROCESSES[readers[0]]
    shown = f"`FORKANT_{name.upper()}`"
    if name in needed(settings):
        shown = f"**{shown}**"
    return f"| {shown} | {_cells(settings.model_fields[name])} |\n"


def _cells(field: FieldInfo) -> str:
    meaning = " ".join((field.description or "").replace("``", "`").replace("|", "\\|").split())
    return f"{_kind(field)} | {_default(field)} | {meaning}"


def needed(settings: type[ServiceSettings]) -> frozenset[str]:
    """Return what the process does not start without in production."""
    given = {name: value for name, value in _PRODUCTION.items() if name in settings.model_fields}
    with _bare_environment():
        _built(settings, given)
        return frozenset(name for name in given if not _starts(settings, {**given, name: None}))


def _starts(settings: type[ServiceSettings], given: Mapping[str, str | None]) -> bool:
    try:
        _built(settings, {name: value for name, value in given.items() if value is not None})
    except ValidationError:
        return False
    return True


def _built(settings: type[ServiceSettings], given: Mapping[str, Any]) -> ServiceSettings:
    return settings(**given)


@contextmanager
def _bare_environment() -> Iterator[None]:
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("FORKANT_")}
    try:
        yield
    finally:
        os.environ.update(before)


def _kind(field: FieldInfo) -> str:
    kinds = [each for each in _kinds(field.annotation) if each is not types.NoneType]
    text = " or ".join(_name_of(each) for each in kinds)
    limits = {
        name: value for each in field.metadata for name in _LIMITS if (value := getattr(each, name, None)) is not None
    }
    low, high = limits.get("ge", limits.get("gt")), limits.get("le")
    if low is None:
        return text
    above = "above " if "gt" in limits else "at least " if high is None else ""
    return f"{text}, {above}{_number(low)}{'' if high is None else f' to {_number(high)}'}"


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)


def _name_of(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return ", ".join(f"`{each.value}`" for each in kind)
    known = {str: "text", int: "number", float: "number", bool: "`true`, `false`", SecretStr: "secret"}
    if kind in known:
        return known[kind]
    return "file" if "Path" in str(kind) else "JSON list"


def _number(value: float) -> str:
    whole = int(value)
    return f"{whole:,}".replace(",", " ") if whole == value else f"{value:g}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    default = field.default
    if default is None:
        return "–"
    if isinstance(default, SecretStr):
        return "a known one, for development"
    if isinstance(default, frozenset):
        return "all that are known"
    return f"`{_text(default)}`"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or compare it; the exit code is 1 when it is not as it should be."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given != ["--check"]:
        FILE.write_text(document(), encoding="utf-8")
        return 0
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == document():
        return 0
    print(f"{FILE} is out of date: run python -m forkant_devstack.reference.settings_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
