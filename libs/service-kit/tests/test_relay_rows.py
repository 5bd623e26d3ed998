"""What the relay reads of the outbox, and how it writes it on Kafka."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import asyncpg
from forkant_contracts import decode
from forkant_kit.leases import Lease
from forkant_kit.outbox import append_events
from forkant_kit.relay_rows import SESSION, delete_rows, read_heads
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


async def test_a_record_reads_back_as_the_event_that_was_written(stage: Stage):
    far = timezone(timedelta(hours=-3, minutes=-30))
    events = [
        an_event(uuid4(), 1),
        an_event(uuid4(), 2).model_copy(update={"traceparent": TRACE, "source": "urn:forkant:case-service"}),
        an_event(uuid4(), 3).model_copy(update={"occurred_at": datetime(2024, 2, 29, 23, 59, 59, 120_000, tzinfo=far)}),
        an_event(uuid4(), 4).model_copy(update={"occurred_at": datetime(2020, 1, 1, tzinfo=UTC), "unit": "troms"}),
    ]
    async with stage.engine.begin() as conn:
        await append_events(conn, events)
    session = await a_session(stage)
    heads = await read_heads(session, await leases_of(stage), limit=10)
    records = [record for head in heads for record in head.outgoing()]
    await session.close()
    assert sorted((decode(r.headers, r.value) for r in records), key=lambda e: e.aggregate_version) == events
    assert {r.key: r.timestamp_ms for r in records} == {
        str(e.aggregate_id).encode(): int(e.recorded_at.timestamp() * 1000) for e in events
    }


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
