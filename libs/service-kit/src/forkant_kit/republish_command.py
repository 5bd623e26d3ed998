"""The command line of republishing, for the services that publish and for the running platform.

Exit codes: 0 done, 1 it could not be done, 2 wrong options, 130 stopped; repeating is harmless.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import asyncpg
from forkant_contracts import TOPICS

from forkant_kit.republish import Progress, RepublishingElsewhereError, Selection, count, republish
from forkant_kit.settings import EXIT_BAD_SETTINGS

_STOPPED: Final = 130
_PATIENCE_S: Final = 10.0


def moment(given: str) -> datetime:
    """Read a date or an RFC 3339 time; what names no zone is UTC.

    Raises:
        ValueError: it is neither.
    """
    try:
        return datetime.combine(date.fromisoformat(given), datetime.min.time(), UTC)
    except ValueError:
        read = datetime.fromisoformat(given)
        return read if read.tzinfo else read.replace(tzinfo=UTC)


def selection_of(*, aggregate: UUID | None, since: str | None, until: str | None, topic: str | None) -> Selection:
    """Check what was asked for.

    Raises:
        ValueError: neither an aggregate nor a beginning, a time that is none, or a topic that does not exist; the text
            says what to give.
    """
    if (aggregate is None) == (since is None):
        raise ValueError("give either --aggregate ID or --since DATE")
    if topic is not None and topic not in TOPICS:
        raise ValueError(f"there is no topic {topic}: give one of {', '.join(TOPICS)}")
    try:
        begin, end = (None if each is None else moment(each) for each in (since, until))
    except ValueError:
        raise ValueError("give a date like 2026-01-31 or a time like 2026-01-31T12:00:00Z") from None
    return Selection(aggregate_id=aggregate, since=begin, until=end, topic=topic)


async def run(*, database_url: str, selection: Selection, dry_run: bool) -> int:
    """Republish, or only count, and say how it goes; return the exit code."""
    if dry_run:
        total = await count(database_url=database_url, selection=selection)
        print(f"{total} events would be published again.")  # noqa: T201
        return 0
    try:
        queued = await republish(database_url=database_url, selection=selection, say=_Teller())
    except RepublishingElsewhereError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"{queued} events are queued for publishing again.")  # noqa: T201
    return 0


class _Teller:
    """Tells of each tenth part, and of a wait for the relay that lasts."""

    def __init__(self) -> None:
        self._tenths = 0
        self._waits_since: float | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.waiting:
            now = time.monotonic()
            self._waits_since = self._waits_since or now
            if now - self._waits_since > _PATIENCE_S:
                print("waiting until the relay has published what is queued: does it run?", flush=True)  # noqa: T201
                self._waits_since = now
            return
        self._waits_since = None
        tenths = 10 * progress.queued // max(progress.total, 1)
        if tenths > self._tenths:
            self._tenths = tenths
            print(f"{progress.queued} of {progress.total}", flush=True)  # noqa: T201


def main(service: str, arguments: Sequence[str] | None = None) -> int:
    """Run the command line of a service, which reads FORKANT_DATABASE_URL, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {service}.republish",
        description="Publish archived events once more. Consumers drop those they have; repeating is harmless.",
    )
    parser.add_argument("--aggregate", type=UUID, help="the events of one case or concern")
    parser.add_argument("--since", help="events recorded since this date or time (UTC)")
    parser.add_argument("--until", help="events recorded before this date or time (UTC)")
    parser.add_argument("--topic", help="events of this topic alone")
    parser.add_argument("--dry-run", action="store_true", help="only count them")
    given = parser.parse_args(arguments)
    url = os.environ.get("FORKANT_DATABASE_URL")
    if not url:
        print("set FORKANT_DATABASE_URL to the service's database, as the worker's role", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    try:
        chosen = selection_of(aggregate=given.aggregate, since=given.since, until=given.until, topic=given.topic)
    except ValueError as error:
        parser.error(str(error))
    try:
        return asyncio.run(run(database_url=url, selection=chosen, dry_run=given.dry_run))
    except KeyboardInterrupt:
        print("stopped; what is queued is published, and repeating is harmless", file=sys.stderr)  # noqa: T201
        return _STOPPED
    except asyncpg.InsufficientPrivilegeError:
        print("set FORKANT_DATABASE_URL to the worker's role, which alone may look into the outbox", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    except (OSError, asyncpg.PostgresError) as error:
        print(f"the database failed ({type(error).__name__}); repeating is harmless", file=sys.stderr)  # noqa: T201
        return 1
