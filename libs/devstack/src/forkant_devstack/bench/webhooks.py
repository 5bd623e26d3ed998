"""Webhooks: how many a second, how soon the first attempt, and what a bad receiver does to others."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import psutil
from aiokafka import AIOKafkaProducer
from forkant_contracts import Event, encode
from forkant_contracts.codes import AgeBand, CaseType, LegalBasis, PurposeCode, SubjectCategory, Theme
from forkant_contracts.events.case import CaseOpened
from forkant_kit.db import new_id, utc_now
from notification_service.channels.guard import GuardedBackend, SystemResolver
from notification_service.channels.webhook import WebhookSender
from notification_service.deliveries.workshop import DeliveryConfig
from notification_service.domain.payloads import Letter, payload
from notification_service.domain.signing import signature_headers

from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile
from forkant_devstack.bench.rounds import Taken, alternate
from forkant_devstack.bench.webhook_platform import UNIT, Hooks, running_hooks
from forkant_devstack.bench.webhook_recovery import bench_recovery
from forkant_devstack.testing.walk import A_CASE

_ENDPOINTS: Final = 20
_EVENTS: Final = 300
_CASES_A_SECOND: Final = 5.0
_SECONDS: Final = 10
_TURNS: Final = 9
_LINES: Final = 4
_BAR_RATE: Final = 200.0
_BAR_MS: Final = 1_000.0
_BAR_CHANGE: Final = 0.10
_WITHIN_S: Final = 180.0
_DATA: Final = CaseOpened(
    case_type=CaseType.PLACE,
    theme=Theme.VIOLENCE,
    age_band=AgeBand.UNDER_15,
    subject_category=SubjectCategory.AT_RISK,
    purpose_code=PurposeCode.PREVENT_CRIME,
    legal_basis=LegalBasis.POLICE_ACT,
)
_FIRST: Final = """
SELECT 1000 * extract(epoch FROM a.started_at - d.recorded_at)::float AS ms
FROM delivery AS d JOIN delivery_attempt AS a ON a.delivery_id = d.id AND a.number = 1
WHERE d.endpoint_id = ANY ($1::uuid[]) AND d.created_at >= $2
"""


@dataclass(kw_only=True)
class _Isolated:
    """How long first attempts of good endpoints took, in ms: a list for each turn."""

    alone: list[list[float]] = field(default_factory=list)
    beside: list[list[float]] = field(default_factory=list)


async def bench_webhooks(lab: Laboratory) -> list[Result]:
    """Deliver to good receivers, then beside bad ones, and last to ten thousand that come back at once."""
    async with running_hooks(lab) as hooks:
        ids = await hooks.register([f"/ok/{number}" for number in range(_ENDPOINTS)])
        await _warm_up(hooks)
        count = lab.sized(_EVENTS)
        compared = await alternate(
            rounds=lab.rounds,
            measured=lambda: _deliver(lab, hooks, count),
            ceiling=lambda: _post_bare(hooks, count),
        )
        isolated = await _isolated(lab, hooks, ids)
        recovery = await bench_recovery(lab, hooks)
    rate = Result(
        benchmark="webhooks",
        load=f"{count:,} events on Kafka to {_ENDPOINTS} endpoints, one worker process; ceiling: the same HTTP client "
        "with as many requests at once posts the same bodies from memory to the same receivers",
        figure="deliveries a second",
        measured=compared.measured,
        unit="/s",
        ceiling=compared.ceiling,
        ratio=compared.ratio,
        bar=f"≥ {_BAR_RATE:.0f}/s",
        reached=compared.measured.median >= _BAR_RATE,
        detail=compared.cpu_us,
    )
    return [rate, *_delays(isolated), recovery]


def _event() -> Event:
    now = utc_now()
    return Event(
        id=new_id(),
        source="urn:forkant:case-service",
        aggregate_id=new_id(),
        aggregate_version=1,
        unit=UNIT,
        occurred_at=now,
        recorded_at=now,
        data=_DATA,
    )


async def _publish(lab_bootstrap: str, events: Sequence[Event]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=lab_bootstrap, client_id="bench")
    async with producer:
        sent = []
        for event in events:
            message = encode(event)
            sent.append(await producer.send(event.topic, message.value, key=message.key, headers=message.headers))
        await asyncio.gather(*sent)


async def _warm_up(hooks: Hooks) -> None:
    """Let the worker come to the end of the topics, and open its connections."""
    await _publish(hooks.platform.kafka.bootstrap, [_event() for _ in range(12)])
    await hooks.answered(12 * _ENDPOINTS, within_s=_WITHIN_S)


async def _deliver(lab: Laboratory, hooks: Hooks, count: int) -> Taken:
    before, worker = await hooks.counts(), hooks.platform.children["notification-worker"].process.pid
    events = [_event() for _ in range(count)]
    began, cpu = time.monotonic(), _cpu_s(worker)
    await _publish(lab.kafka.bootstrap, events)
    await hooks.answered(before["answered"] + count * _ENDPOINTS, within_s=_WITHIN_S)
    return Taken.of(count * _ENDPOINTS, seconds=time.monotonic() - began, cpu_s=_cpu_s(worker) - cpu)


async def _post_bare(hooks: Hooks, count: int) -> Taken:
    resolver, config = SystemResolver(), DeliveryConfig()
    sender = WebhookSender(network=GuardedBackend(allow_loopback=True, resolve=resolver), now=utc_now)
    messages = [_signed() for _ in range(count)]
    try:
        began, cpu = time.monotonic(), time.process_time()
        async with asyncio.TaskGroup() as group:
            for number in range(_ENDPOINTS):
                left = iter(messages)
                for _ in range(config.endpoint_concurrency):
                    group.create_task(_post_all(sender, f"{hooks.receivers}/ok/{number}", left))
        seconds, cpu_s = time.monotonic() - began, time.process_time() - cpu
    finally:
        await sender.aclose()
        resolver.close()
    return Taken.of(count * _ENDPOINTS, seconds=seconds, cpu_s=cpu_s)


async def _post_all(sender: WebhookSender, url: str, left: Iterator[tuple[dict[str, str], bytes]]) -> None:
    for headers, body in left:
        answer = await sender.send(url=url, headers=headers, body=body)
        if answer.status_code != 204:  # noqa: PLR2004
            raise AssertionError(f"the receiver: {answer}")


def _signed() -> tuple[dict[str, str], bytes]:
    event = _event()
    body = payload(
        Letter(
            message_id=event.id,
            event_type=event.type,
            sequence=1,
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            subject_id=event.aggregate_id,
            subject_version=1,
            unit=UNIT,
        )
    )
    return signature_headers(message_id=str(event.id), sent_at=utc_now(), body=body, secrets=[b"s" * 32]), body


async def _isolated(lab: Laboratory, hooks: Hooks, ids: Sequence[UUID]) -> _Isolated:
    """Measure the first attempts of good endpoints without and with bad ones, by turns.

    Many short turns, of which every second one begins with the bad receivers: what the machine does besides lasts
    longer than a turn, and would be taken for their doing.
    """
    measured = _Isolated()
    for turn in range(1 if lab.quick else _TURNS):
        for with_bad in (turn % 2 == 1, turn % 2 == 0):
            bad = await hooks.register(["/hang/1", "/fail/1"]) if with_bad else []
            (measured.beside if with_bad else measured.alone).append(await _first_attempts(lab, hooks, ids))
            if bad:
                await hooks.remove(bad)
    return measured


async def _first_attempts(lab: Laboratory, hooks: Hooks, ids: Sequence[UUID]) -> list[float]:
    """Return how long each first attempt took, in ms."""
    cases = lab.sized(round(_CASES_A_SECOND * _SECONDS))
    before, began = (await hooks.counts())["answered"], utc_now()
    await _open_cases(hooks, cases)
    await hooks.answered(before + cases * _ENDPOINTS, within_s=_WITHIN_S)
    return await _milliseconds(hooks, ids, began, cases * _ENDPOINTS)


async def _milliseconds(hooks: Hooks, ids: Sequence[UUID], since: datetime, count: int) -> list[float]:
    """Return how long each first attempt took, once the results of the last ones are written."""
    async with asyncio.timeout(_WITHIN_S):
        while len(found := await hooks.fetch(_FIRST, list(ids), since)) < count:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.5)
    return [row["ms"] for row in found]


async def _open_cases(hooks: Hooks, count: int) -> None:
    """Open cases at the wanted rate over a few connections."""
    token, url = hooks.platform.issuer.headers(f"officer-{UNIT}"), hooks.platform.nodes["case"].url
    began = time.monotonic()

    async def work(number: int) -> None:
        line = await Line.open(url)
        for place in range(number, count, _LINES):
            await asyncio.sleep(max(0.0, began + place / _CASES_A_SECOND - time.monotonic()))
            await line.send_json("POST", "/v1/cases", {**token, "Idempotency-Key": str(uuid4())}, A_CASE)
        line.close()

    await asyncio.gather(*map(work, range(_LINES)))


def _delays(isolated: _Isolated) -> list[Result]:
    alone, beside = _p95s(isolated.alone), _p95s(isolated.beside)
    change = beside.median / alone.median
    turns = [_p95(bad) / _p95(good) for good, bad in zip(isolated.alone, isolated.beside, strict=True)]
    load = f"{_CASES_A_SECOND:.0f} cases a second opened over HTTP, each told to {_ENDPOINTS} endpoints"
    return [
        Result(
            benchmark="webhooks",
            load=f"{load}; from the recording of the event by the case service, over relay, Kafka and router",
            figure="case to first attempt, p95",
            measured=alone,
            unit="ms",
            bar=f"p95 ≤ {_BAR_MS:,.0f} ms",
            reached=alone.median <= _BAR_MS,
        ),
        Result(
            benchmark="webhooks",
            load=f"{load}, and to one that hangs and one that answers 500; beside the same without these two, "
            "by short turns; all attempts of all turns, and in brackets the turns",
            figure="p95 of the others",
            measured=beside,
            unit="ms",
            ceiling=alone,
            ratio=Spread(median=change, low=min(turns), high=max(turns)),
            bar=f"change < {_BAR_CHANGE:.0%}",
            reached=change < 1 + _BAR_CHANGE,
        ),
    ]


def _p95(turn: Sequence[float]) -> float:
    return percentile(turn, 0.95)


def _p95s(turns: Sequence[Sequence[float]]) -> Spread:
    """Return the p95 of all attempts together, with the lowest and the highest of a turn."""
    each = [_p95(turn) for turn in turns]
    return Spread(median=_p95([ms for turn in turns for ms in turn]), low=min(each), high=max(each))


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
