"""What the relay reads of the outbox, and how it writes it on Kafka."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import asyncpg
import pytest
from aiokafka.record.default_records import DefaultRecord
from aiokafka.record.memory_records import MemoryRecords
from forkant_contracts import Event, decode
from forkant_kit.leases import Lease
from forkant_kit.outbox import append_events, milliseconds
from forkant_kit.record_bytes import CopiedBatch
from forkant_kit.relay_rows import SESSION, Head, delete_rows, read_heads
from forkant_kit.testing import Stage, an_event

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def a_session(stage: Stage) -> asyncpg.Connection:
    return await asyncpg.connect(stage.app_url, server_settings=SESSION)


async def leases_of(stage: Stage, *, owner: str = "us", epoch: int = 7) -> list[Lease]:
    rows = await stage.fetch("SELECT DISTINCT topic, partition FROM outbox ORDER BY 1, 2")
    for row in rows:
        await stage.fetch(
            "INSERT INTO relay_lease (topic, partition, owner, epoch) VALUES ($1, $2, $3, $4)",
            row["topic"],
            row["partition"],
            owner,
            epoch,
        )
    return [Lease(row["topic"], row["partition"], epoch) for row in rows]


def read_back(head: Head) -> Iterator[tuple[DefaultRecord, Event]]:
    """Read a head as a consumer does."""
    batch = MemoryRecords(bytes(CopiedBatch(head.records, batch_bytes=1_000_000)._build())).next_batch()
    for record in batch:
        yield record, decode(record.headers, record.value)


def events_to_read_back() -> list[Event]:
    far = timezone(timedelta(hours=-3, minutes=-30))
    return [
        an_event(uuid4(), 1),
        an_event(uuid4(), 2).model_copy(update={"traceparent": TRACE, "source": "urn:forkant:case-service"}),
        an_event(uuid4(), 3).model_copy(update={"occurred_at": datetime(2024, 2, 29, 23, 59, 59, 120_000, tzinfo=far)}),
        an_event(uuid4(), 4).model_copy(update={"occurred_at": datetime(2020, 1, 1, tzinfo=UTC), "unit": "troms"}),
    ]


@pytest.mark.parametrize("without_records", [False, True], ids=["written-with-the-event", "made-from-the-archive"])
async def test_a_record_reads_back_as_the_event_that_was_written(stage: Stage, *, without_records: bool):
    events = events_to_read_back()
    async with stage.engine.begin() as conn:
        await append_events(conn, events)
    if without_records:
        await stage.fetch("UPDATE outbox SET record = NULL, recorded_ms = NULL, traced = NULL")
    session = await a_session(stage)
    heads = await read_heads(session, await leases_of(stage), limit=10)
    await session.close()
    found = [pair for head in heads for pair in read_back(head)]
    assert sorted((event for _, event in found), key=lambda e: e.aggregate_version) == events
    assert {record.key: record.timestamp for record, _ in found} == {
        str(e.aggregate_id).encode(): milliseconds(e.recorded_at) for e in events
    }
    [traced] = [traced for head in heads for traced in head.traced()]
    assert (traced.event_id, traced.type, traced.traceparent) == (str(events[1].id), events[1].type, TRACE)


async def test_rows_with_and_without_records_keep_their_order(stage: Stage):
    case = uuid4()
    async with stage.engine.begin() as conn:
        await append_events(conn, [an_event(case, version) for version in range(1, 7)])
    await stage.fetch("UPDATE outbox SET record = NULL WHERE seq % 2 = 0")
    session = await a_session(stage)
    [head] = await read_heads(session, await leases_of(stage), limit=5)
    await session.close()
    assert [event.aggregate_version for _, event in read_back(head)] == [1, 2, 3, 4, 5]
    assert [event.aggregate_version for _, event in read_back(head.first(3))] == [1, 2, 3]


@pytest.mark.parametrize("microsecond", [0, 1, 999, 1_000, 122_999, 123_000, 999_999])
def test_a_records_time_is_the_events_cut_to_milliseconds(microsecond: int):
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC).replace(microsecond=microsecond)
    assert datetime.fromtimestamp(milliseconds(moment) // 1000, UTC) == moment.replace(microsecond=0)
    assert milliseconds(moment) % 1000 == microsecond // 1000


async def test_only_rows_that_were_read_are_deleted_and_only_under_the_same_epoch(stage: Stage):
    case = uuid4()
    async with stage.engine.begin() as conn:
        await append_events(conn, [an_event(case, version) for version in (1, 2, 3)])
    session = await a_session(stage)
    [lease] = await leases_of(stage)
    [head] = await read_heads(session, [lease], limit=10)
    ends = replace(head, seqs=[head.seqs[0], head.seqs[2]])
    for wrong in (replace(ends, lease=replace(lease, epoch=6)), replace(ends, lease=replace(lease, partition=99))):
        assert await delete_rows(session, [wrong], owner="us") == 0
    assert await delete_rows(session, [ends], owner="somebody-else") == 0
    assert await delete_rows(session, [ends], owner="us") == 2
    await session.close()
    assert [row["seq"] for row in await stage.fetch("SELECT seq FROM outbox")] == [head.seqs[1]]
