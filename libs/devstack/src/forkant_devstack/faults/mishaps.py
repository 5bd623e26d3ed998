"""Looks through the logs of a trial's processes for errors that none of the faults explains."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy import exc

from forkant_devstack.faults.checker import Breach, Finding

_SURROUNDINGS: Final = (
    KafkaError,
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # Of the client itself when the server dies in the midst of a statement, and SQLAlchemy's name for it.
    asyncpg.InternalClientError,
    exc.InternalError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
)
# SQLAlchemy's name for what the server says of itself while it starts or ends; a wrong statement has other names.
_PLAIN: Final = "DBAPIError"
# Errors of the kit that carry no exception, or one that doesn't matter beside them.
_NEVER: Final = frozenset(
    {"event_parked", "batch_failed_trying_halves", "event_missing", "unread_records_gone"}
    | {"topic_shorter_than_offset", "parked_request_failed"}
)
# aiokafka, when a producer that has no transaction is thrown away with a batch under way; nobody waits for it then.
_THROWN_AWAY: Final = ("AttributeError", "aiokafka.producer.transaction_manager", "fatal_error")


def unexpected_errors(logs: Iterable[Path]) -> list[Finding]:
    """Return a finding for each kind of error in each log that no fault of the surroundings explains."""
    return [
        Finding(Breach.UNEXPECTED_ERROR, f"{log.stem}: {what}, {times} times")
        for log in sorted(logs)
        for what, times in Counter(_mishaps(log)).items()
    ]


def _mishaps(log: Path) -> Iterator[str]:
    explained = {_PLAIN, *(each.__name__ for root in _SURROUNDINGS for each in _with_descendants(root))}
    for line in log.read_text(errors="replace").splitlines():
        fields = _fields(line)
        if not fields and "Traceback (most recent call last)" in line:
            yield "a traceback outside of the log"
        kind = str(fields.get("exception") or fields.get("error") or "").rpartition(".")[2]
        if fields.get("event") in _NEVER or (kind and kind not in explained and not _thrown_away(kind, fields)):
            yield f"{fields.get('event')} {kind}".rstrip()


def _fields(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        # Another program's, or cut short by a kill.
        return {}
    return found if isinstance(found, dict) else {}


def _thrown_away(kind: str, fields: dict[str, Any]) -> bool:
    name, module, function = _THROWN_AWAY
    last = str((fields.get("frames") or ("",))[-1])
    return kind == name and last.startswith(f"{module}:") and last.endswith(f" {function}")


def _with_descendants(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for child in root.__subclasses__():
        yield from _with_descendants(child)
