"""The background task that seals the audit trail and publishes its head; several may run, and one seals at a time."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.audit import metrics
from forkant_kit.audit.chain import BATCH, ForeignClusterError, left_to_seal, next_month, seal
from forkant_kit.audit.entries import moment
from forkant_kit.audit.heads import HeadKey, HeadSink, file_sink, log_sink, read_seed
from forkant_kit.audit.settings import AuditSettings
from forkant_kit.audit.standalone import LEAST_DAYS_KEPT, beginning

BASE: Final = """
SELECT c.chain, c.position, c.hash, p.last_position AS base_position, p.hash AS base_hash, p.segment AS base_segment,
       clock_timestamp() AS now
FROM audit_chain AS c LEFT JOIN LATERAL (SELECT * FROM audit_checkpoint ORDER BY segment DESC LIMIT 1) AS p ON true
"""
"""Where the chain stands, and the checkpoint that it begins after."""
_HEAD: Final = text(BASE)
_PUBLISHED: Final = text("SELECT hash FROM audit_link WHERE position = :position")
_TIDY: Final = text("SELECT tidy_audit()")
_TIDY_ROUNDS: Final = 10
_log = structlog.get_logger(__name__)


class ChainChangedError(RuntimeError):
    """The chain is not what was published of it, or months went too early: it is not signed before someone looks."""


class Sealer:
    """Seals, publishes and measures."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        key: HeadKey,
        sinks: Sequence[HeadSink],
        every_s: float = 1.0,
        publish_every_s: float = 30.0,
        publish_every_entries: int = 10_000,
    ) -> None:
        """Take the application's engine, the key that signs and where heads go; a head goes to all sinks in order.

        Args:
            engine: as the application's role.
            key: signs the heads.
            sinks: where they are published.
            every_s: seconds from one round to the next.
            publish_every_s: seconds after which a chain that went on is published again.
            publish_every_entries: entries after which it is published before that.
        """
        self._engine = engine
        self._key = key
        self._sinks = tuple(sinks)
        self._every_s = every_s
        self._publish_every = timedelta(seconds=publish_every_s)
        self._publish_entries = publish_every_entries
        self._published: Mapping[str, Any] | None = None
        self._rounds = 0
        self.broken: bool | None = None
        """Whether the chain is not right; None while this process has found nothing wrong with it."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; then publish the head once more."""
        while not stop.is_set():
            await self._guarded(last=False)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every_s)
        await self._guarded(last=True)

    async def _guarded(self, *, last: bool) -> None:
        try:
            await self.round(publish=last)
            self.broken = None if self.broken is None else False
        except (ChainChangedError, ForeignClusterError) as error:
            self.broken = True
            metrics.FAILURES.labels("chain").inc()
            _log.critical("audit_chain_not_right", reason=str(error))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            metrics.FAILURES.labels("seal").inc()
            _log.error("audit_not_sealed", error=type(error).__name__)

    async def round(self, *, publish: bool = False) -> None:
        """Seal all that is settled, publish the head when it is due (or when told to), and measure.

        Raises:
            ChainChangedError: see there.
            ForeignClusterError: the database was restored from a dump.
        """
        try:
            while True:
                sealed = await seal(self._engine)
                metrics.SEALED.inc(sealed)
                if sealed < BATCH:
                    break
            await self._publish(now=publish)
        finally:
            await self._measure()

    async def _publish(self, *, now: bool) -> None:
        async with self._engine.connect() as conn:
            row = (await conn.execute(_HEAD)).mappings().one()
            head = {"chain": str(row["chain"]), "position": row["position"], "hash": bytes(row["hash"]).hex()}
            head |= {"at": moment(row["now"]), "base": base_of(row)}
            head["count"] = head["position"] - head["base"]["position"]
            if self._published is not None and not self._due(head, now=now):
                return
            await self._check(conn, head)
        signed = self._key.sign(head)
        for sink in self._sinks:
            await sink(signed)
        self._published = signed
        metrics.HEAD_POSITION.set(head["position"])

    def _due(self, head: Mapping[str, Any], *, now: bool) -> bool:
        before = self._published or {"position": -1, "at": head["at"], "base": None}
        gone_on = head["position"] - before["position"]
        if gone_on == 0 and head["base"] == before["base"]:
            return False
        waited = datetime.fromisoformat(head["at"]) - datetime.fromisoformat(before["at"])
        return now or gone_on < 0 or gone_on >= self._publish_entries or waited >= self._publish_every

    async def _check(self, conn: Any, head: Mapping[str, Any]) -> None:
        base, before = head["base"], self._published
        if base["ended_at"] is not None:
            days = (datetime.fromisoformat(head["at"]) - datetime.fromisoformat(base["ended_at"])).days
            if days < LEAST_DAYS_KEPT:
                raise ChainChangedError(f"months were removed that ended only {days} days ago")
        if before is None or before["position"] <= base["position"]:
            return
        found = (await conn.execute(_PUBLISHED, {"position": before["position"]})).scalar_one_or_none()
        if head["chain"] != before["chain"] or found is None or bytes(found).hex() != before["hash"]:
            raise ChainChangedError(f"the link at position {before['position']} is not the one that was published")

    async def _measure(self) -> None:
        left = await left_to_seal(self._engine)
        metrics.UNSEALED.set(left.entries)
        metrics.SEAL_LAG.set(left.age_s)
        self._rounds += 1
        if self._rounds % _TIDY_ROUNDS == 0:
            async with self._engine.begin() as conn:
                await conn.execute(_TIDY)


def build_sealer(settings: AuditSettings, engine: AsyncEngine) -> Sealer:
    """Return what seals a worker's audit trail; its heads go to the file, when one is set, and to the log."""
    path = settings.audit_head_file
    return Sealer(
        engine=engine,
        key=HeadKey(read_seed(settings.audit_signing_key.get_secret_value())),
        sinks=[log_sink] if path is None else [file_sink(path), log_sink],
        every_s=settings.audit_seal_every_s,
        publish_every_s=settings.audit_publish_every_s,
    )


def base_of(row: Any) -> dict[str, Any]:
    """Return what the chain begins after: the last checkpoint, or its beginning."""
    if row["base_segment"] is None:
        return {"position": 0, "hash": beginning(str(row["chain"])).hex(), "ended_at": None}
    ended = next_month(row["base_segment"])
    return {
        "position": row["base_position"],
        "hash": bytes(row["base_hash"]).hex(),
        "ended_at": moment(datetime(ended.year, ended.month, 1, tzinfo=UTC)),
    }
