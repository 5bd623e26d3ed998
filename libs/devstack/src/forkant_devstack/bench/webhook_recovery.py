"""Ten thousand endpoints that failed answer again in the same moment: how the worker comes back to them."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import psutil
from forkant_kit.db import new_id, utc_now
from notification_service.deliveries.workshop import DeliveryConfig
from notification_service.store import queue
from notification_service.store.queue import Draft
from notification_service.tables import endpoint, endpoint_secret, lane

from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread
from forkant_devstack.bench.webhook_platform import KEYRING, Hooks

_ENDPOINTS: Final = 10_000
_UNIT: Final = "troms"
_BAR_MB: Final = 200.0
_WITHIN_S: Final = 300.0
_MB: Final = 1024 * 1024
_CLAIMED_AT_ONCE: Final = 500


async def bench_recovery(lab: Laboratory, hooks: Hooks) -> Result:
    """Make the endpoints while no worker runs, each paused and with one delivery that waits; then start one."""
    count = lab.sized(_ENDPOINTS)
    await hooks.platform.stop("notification-worker")
    await _paused_endpoints(hooks, count)
    before = (await hooks.counts())["answered"]
    child = await hooks.platform.start("notification-worker")
    began, peak = time.monotonic(), 0.0
    process = psutil.Process(child.process.pid)
    async with asyncio.timeout(_WITHIN_S):
        while (counts := await hooks.counts())["answered"] - before < count:
            peak = max(peak, process.memory_info().rss / _MB)
            await asyncio.sleep(0.1)
    rate, at_once, most = count / (time.monotonic() - began), counts["most_at_once"], DeliveryConfig().concurrency
    return Result(
        benchmark="webhooks",
        load=f"{count:,} endpoints, each paused after failures and with a delivery that waits, answer again in the "
        f"same moment, each after 20 ms; the worker may have {most} requests at once",
        figure="endpoints that recovered a second",
        measured=Spread.of([rate]),
        unit="/s",
        bar=f"≤ {most} at once, ≤ {_BAR_MB:.0f} MB",
        reached=at_once <= most and peak <= _BAR_MB,
        detail={"most at once": at_once, "the worker's largest memory, MB": peak},
    )


async def _paused_endpoints(hooks: Hooks, count: int) -> None:
    now = utc_now()
    ids = [new_id() for _ in range(count)]
    failing = {"failures": 9, "trips": 4, "failing_since": now - timedelta(hours=1), "open_until": now}
    async with hooks.engine.begin() as conn:
        await conn.execute(endpoint.insert(), [_endpoint(hooks, each, number) for number, each in enumerate(ids)])
        await conn.execute(lane.insert(), [{"endpoint_id": each, "last_sequence": 0, **failing} for each in ids])
        await conn.execute(endpoint_secret.insert(), [_secret(each) for each in ids])
        for start in range(0, count, _CLAIMED_AT_ONCE):
            await queue.enqueue(conn, _drafts(ids[start : start + _CLAIMED_AT_ONCE]), now=now)


def _endpoint(hooks: Hooks, endpoint_id: UUID, number: int) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": endpoint_id,
        "unit": _UNIT,
        "owner": f"lead-{_UNIT}",
        "national": False,
        "url": f"{hooks.receivers}/slow/{number}",
        "event_types": [],
        "units": [],
        "signatures": ["v1"],
        "enabled": True,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _secret(endpoint_id: UUID) -> dict[str, Any]:
    sealed = KEYRING.seal(b"s" * 32, context=endpoint_id.bytes)
    return {
        "id": new_id(),
        "endpoint_id": endpoint_id,
        "sealed": sealed,
        "version": "v1",
        "created_at": utc_now(),
        "expires_at": None,
    }


def _drafts(ids: Sequence[UUID]) -> list[Draft]:
    now = utc_now()
    return [
        Draft(
            id=new_id(),
            endpoint_id=each,
            message_id=new_id(),
            event_type="no.forkant.case.opened.v1",
            occurred_at=now,
            recorded_at=now,
            subject_id=new_id(),
            subject_version=1,
            unit=_UNIT,
        )
        for each in ids
    ]
