"""The command line of recovery, for the services that publish: ``python -m case_service.recover look | fence | clear``.

Exit codes: 0 nothing is lost, or it is done; 1 something is lost, or it could not be done; 78 wrong environment.
"""

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.db import create_engine, new_id, transaction
from forkant_kit.kafka_tls import KafkaTls
from forkant_kit.recovery.clearing import clear
from forkant_kit.recovery.fence import Counter, StillRunningError, fence, require_stopped
from forkant_kit.recovery.lost import Lost, find_lost
from forkant_kit.rls.schema import SYSTEM_ON
from forkant_kit.settings import EXIT_BAD_SETTINGS

_ERASED: Final = ".erased."
_SHOWN: Final = 20


class Desk:
    """One service's database as the owner of its tables, Kafka, and who asks."""

    def __init__(
        self,
        *,
        service: str,
        counters: Iterable[Counter],
        owner_url: str,
        kafka_bootstrap: str,
        kafka_tls: KafkaTls | None = None,
        by: str,
    ) -> None:
        """Set up without connecting."""
        self._service, self._counters, self._by = service, tuple(counters), by
        self._url, self._bootstrap, self._tls = owner_url, kafka_bootstrap, kafka_tls

    async def look(self) -> Lost:
        """Return what Kafka has of the service's events and its archive has not."""
        engine = self._engine()
        try:
            return await self._find(engine)
        finally:
            await engine.dispose()

    async def fence(self) -> tuple[Lost, int, int]:
        """Skip every version that was lost; return what was lost, the versions skipped and the aggregates unknown."""
        engine = self._engine()
        try:
            lost = await self._find(engine)
            done = await fence(engine, lost, service=self._service, counters=self._counters, by=self._by, new_id=new_id)
        finally:
            await engine.dispose()
        return lost, sum(map(len, done.skipped.values())), len(done.unknown)

    async def clear(self) -> int:
        """Take everything off the service's topics that stands there, and return from how many partitions.

        Raises:
            StillRunningError: see there.
            NotFencedError: a version was lost and is not skipped.
        """
        engine = self._engine()
        try:
            async with transaction(engine) as conn:
                await require_stopped(conn)
            lost = await self._find(engine)
            await self._require_fenced(engine, lost)
        finally:
            await engine.dispose()
        return await clear(lost.ends, kafka_bootstrap=self._bootstrap, kafka_tls=self._tls)

    async def _require_fenced(self, engine: AsyncEngine, lost: Lost) -> None:
        for events in lost.aggregates.values():
            for counter in self._counters:
                if counter.topic != events[-1].topic:
                    continue
                async with transaction(engine) as conn:
                    await conn.execute(text(SYSTEM_ON))
                    bind = {"id": events[-1].aggregate_id, "version": 0}
                    has = (await conn.execute(text(counter.raise_to), bind)).scalar_one_or_none()
                if has is not None and has < events[-1].version:
                    raise NotFencedError("versions that were lost can be given again: run `fence` first")

    async def _find(self, engine: AsyncEngine) -> Lost:
        async with transaction(engine) as conn:
            return await find_lost(conn, service=self._service, kafka_bootstrap=self._bootstrap, kafka_tls=self._tls)

    def _engine(self) -> AsyncEngine:
        return create_engine(self._url, application_name="recover", pool_size=2)


class NotFencedError(RuntimeError):
    """A version that was lost could still be given to another change; the text says what to do first."""


def told(lost: Lost) -> str:
    """Tell what was lost, in lines."""
    if not lost.events:
        return f"Nothing is lost: the archive knows all {lost.read} records on Kafka."
    moments = sorted(event.recorded_at for event in lost.events)
    when = f"from {moments[0]:%Y-%m-%d %H:%M:%S} to {moments[-1]:%H:%M:%S} UTC"
    count = f"{len(lost.events)} events of {len(lost.aggregates)} aggregates"
    lines = [
        f"{count}, recorded {when}, are on Kafka and not in the archive: the database was set back.",
        *(f"  {number} × {name}" for name, number in lost.types.items()),
    ]
    erased = [event for event in lost.events if _ERASED in event.type]
    if erased:
        lines.append(f"{len(erased)} were erased since and stand in the database again. ERASE THEM BEFORE OPENING:")
        lines += [f"  {event.aggregate_id} of {event.unit}" for event in erased]
    if lost.reused:
        lines.append(f"{len(lost.reused)} versions were given again since, and readers dropped what they hold:")
        lines += [f"  {aggregate} version {version}: {name}" for aggregate, version, name in lost.reused[:_SHOWN]]
    return "\n".join(lines)


def as_json(lost: Lost) -> dict[str, Any]:
    """Return what was lost for the units and for subscribers: ids, versions, codes and times, nothing else."""
    return {
        "lost": [
            {
                "aggregate": str(aggregate),
                "topic": events[0].topic,
                "unit": events[-1].unit,
                "valid_up_to_version": events[0].version - 1,
                "events": [
                    {"version": e.version, "type": e.type, "recorded_at": e.recorded_at.isoformat()} for e in events
                ],
            }
            for aggregate, events in lost.aggregates.items()
        ],
        "reused": [{"aggregate": str(a), "version": v, "type": t} for a, v, t in lost.reused],
    }


async def run(desk: Desk, action: str, *, file: Path | None = None) -> int:
    """Do what was asked for, say what came of it, and return the exit code."""
    if action == "clear":
        _say(f"{await desk.clear()} partitions are empty. Start the worker, then `republish --since` the beginning.")
        return 0
    if action == "look":
        lost = await desk.look()
        _say(told(lost))
        if file is not None:
            await asyncio.to_thread(file.write_text, json.dumps(as_json(lost), indent=2) + "\n", "utf-8")
        return 1 if lost.events else 0
    lost, skipped, unknown = await desk.fence()
    _say(told(lost))
    _say(f"{skipped} versions are skipped; {unknown} aggregates were made since, and their ids never come again.")
    _say("Next: `clear`, while nothing of this service runs.")
    return 0


def main(service: str, counters: Iterable[Counter], arguments: Sequence[str] | None = None) -> int:
    """Run the command line of a service and return the exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {service.replace('-', '_')}.recover",
        description="After a restore of this service's database: what is lost, and how it goes on.",
    )
    parser.add_argument("action", choices=("look", "fence", "clear"))
    parser.add_argument("--json", type=Path, dest="file", help="with look: write what is lost to this file")
    parser.add_argument("--by", help="who asks; it is kept; else your login name")
    given = parser.parse_args(arguments)
    url = os.environ.get("FORKANT_DATABASE_OWNER_URL")
    if not url:
        print("set FORKANT_DATABASE_OWNER_URL to the service's database, as its owner", file=sys.stderr)  # noqa: T201
        return EXIT_BAD_SETTINGS
    desk = Desk(
        service=service,
        counters=counters,
        owner_url=url,
        kafka_bootstrap=os.environ.get("FORKANT_KAFKA_BOOTSTRAP", "127.0.0.1:29092"),
        kafka_tls=_tls(),
        by=given.by or getpass.getuser(),
    )
    try:
        return asyncio.run(run(desk, given.action, file=given.file))
    except (StillRunningError, NotFencedError) as error:
        print(error, file=sys.stderr)  # noqa: T201
    except (KafkaError, SQLAlchemyError, OSError) as error:
        print(f"Kafka or the database failed ({type(error).__name__}); repeating is harmless", file=sys.stderr)  # noqa: T201
    return 1


def _tls() -> KafkaTls | None:
    ca, certificate, key = (os.environ.get(f"FORKANT_KAFKA_{name}_FILE") for name in ("CA", "CERTIFICATE", "KEY"))
    if not ca:
        return None
    return KafkaTls(
        ca_file=Path(ca),
        certificate_file=Path(certificate) if certificate else None,
        key_file=Path(key) if key else None,
    )


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
