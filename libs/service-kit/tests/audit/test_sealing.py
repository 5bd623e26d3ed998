"""The sealer misses nothing, whatever commits late, and one seals at a time."""

import asyncio
import json
from uuid import uuid4

import asyncpg
import pytest
from forkant_kit.audit import chain, standalone
from forkant_kit.audit.chain import ForeignClusterError, left_to_seal, seal
from forkant_kit.audit.heads import HeadKey
from forkant_kit.audit.record import Entry, record
from forkant_kit.audit.sealer import ChainChangedError
from forkant_kit.testing import until
from prometheus_client import REGISTRY

from .conftest import SOMEBODY


async def positions(trail):
    return [row["position"] for row in await trail.stage.fetch("SELECT position FROM audit_link ORDER BY position")]


async def test_sealed_entries_stand_in_order_without_a_gap_and_the_chain_verifies(trail):
    for _ in range(7):
        await trail.read(uuid4(), uuid4())
    assert [await seal(trail.stage.engine, batch=3) for _ in range(4)] == [3, 3, 1, 0]
    await trail.sealed()
    assert await positions(trail) == list(range(1, 8))
    result = await trail.verify()
    assert (result.ok, result.entries, result.published, result.unsealed) == (True, 7, 7, 0)


async def test_what_commits_late_is_sealed_late_and_never_missed(trail):
    async with trail.stage.engine.connect() as slow:
        transaction = await slow.begin()
        await record(slow, SOMEBODY, Entry(action="case.read"))
        for _ in range(3):
            await trail.read()
        assert await seal(trail.stage.engine) == 0, "the open transaction may hold an older entry"
        left = await left_to_seal(trail.stage.engine)
        assert left.entries == 3
        assert left.age_s > 0
        await transaction.commit()
    assert await seal(trail.stage.engine) == 4
    assert (await left_to_seal(trail.stage.engine)).entries == 0
    [first] = await trail.stage.fetch("SELECT seq FROM audit_link WHERE position = 1")
    assert first["seq"] == 1


async def test_entries_of_one_transaction_and_of_many_writers_are_all_sealed(trail):
    async def write(many: int) -> None:
        for _ in range(many):
            async with trail.stage.engine.begin() as conn:
                for _ in range(3):
                    await record(conn, SOMEBODY, Entry(action="case.read"))

    stop = asyncio.Event()
    sealing = [asyncio.create_task(trail.sealer(every_s=0.001).run(stop)) for _ in range(2)]
    await asyncio.gather(*(write(20) for _ in range(4)))

    async def done() -> bool:
        return len(await positions(trail)) == 240

    await until(done, what="all is sealed")
    stop.set()
    await asyncio.gather(*sealing)
    assert await positions(trail) == list(range(1, 241))
    assert (await trail.verify()).ok
    assert REGISTRY.get_sample_value("forkant_audit_unsealed_entries") == 0
    assert REGISTRY.get_sample_value("forkant_audit_head_position") == 240


async def test_one_seals_at_a_time(trail):
    await trail.read()
    async with trail.stage.engine.begin() as other:
        await other.execute(chain._LOCK)
        assert await seal(trail.stage.engine) == 0
    assert await seal(trail.stage.engine) == 1


async def test_a_month_is_closed_before_the_next_begins(trail):
    owner = await asyncpg.connect(trail.stage.owner_url)
    await owner.execute("SELECT ensure_audit_months(now() - interval '2 months', 1)")
    await owner.execute("UPDATE audit_chain SET segment = date_trunc('month', now() - interval '1 month')")
    at = "date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
    insert = (
        "INSERT INTO audit_entry (at, subject, client_id, unit, roles, action, object_ids, outcome)"
        " VALUES ({}, 'a', 'b', 'oslo', '{{}}', 'case.read', '{{}}', 'done')"
    )
    late = await asyncpg.connect(trail.stage.owner_url)
    transaction = late.transaction()
    early_xid = await owner.fetchval("SELECT pg_current_xact_id()::text::bigint")
    await owner.execute(insert.format(f"{at} + interval '1 second'"))
    await transaction.start()
    await late.execute(insert.format(f"{at} - interval '1 second'"))
    try:
        assert early_xid < await late.fetchval("SELECT pg_current_xact_id()::text::bigint")
        await trail.sealer().round()
        await trail.sealer().round()
        assert await positions(trail) == [], "the month may not be closed while somebody writes in it"
        assert (await left_to_seal(trail.stage.engine)).entries == 1
    finally:
        await transaction.commit()
        await late.close()
        await owner.close()
    for _ in range(4):
        await trail.sealer().round()
    rows = await trail.stage.fetch("SELECT segment, seq FROM audit_link ORDER BY position")
    assert [row["seq"] for row in rows] == [2, 1]
    assert rows[0]["segment"] < rows[1]["segment"]
    await trail.sealed(1)
    assert (await trail.verify()).ok


async def test_a_database_whose_transaction_ids_began_anew_is_not_sealed_on(trail):
    await trail.sealed(1)
    await trail.as_owner("UPDATE audit_chain SET sealed_xid = sealed_xid + 1000000")
    with pytest.raises(ForeignClusterError, match="physical backup"):
        await seal(trail.stage.engine)


async def test_a_head_is_published_when_it_is_due_and_not_before(trail):
    sealer = trail.sealer(publish_every_s=3600, publish_every_entries=3)
    await sealer.round()
    for _ in range(4):
        await trail.read()
        await sealer.round()
    await sealer.round(publish=True)
    await sealer.round(publish=True)
    heads = [json.loads(line)["position"] for line in trail.heads.read_text().splitlines()]
    assert heads == [0, 3, 4]


async def test_a_chain_that_was_changed_after_its_publication_is_not_signed_again(trail):
    sealer = trail.sealer(publish_every_entries=1)
    await trail.read()
    await sealer.round()
    await trail.as_owner("UPDATE audit_link SET hash = sha256('x')", "UPDATE audit_chain SET hash = sha256('x')")
    await trail.read()
    with pytest.raises(ChainChangedError, match="position 1"):
        await sealer.round()
    assert len(trail.heads.read_text().splitlines()) == 1


async def test_heads_of_an_older_key_stay_good_as_long_as_it_is_known(trail):
    await trail.sealed(1)
    newer = HeadKey(b"n" * 32)
    sealer = trail.sealer()
    sealer._key = newer
    await trail.read()
    await sealer.round(publish=True)
    assert await trail.found() == [("unknown key", 2, None)]
    both = {**trail.keys, newer.id: newer.public}
    result = standalone.verify(standalone.lines(trail.folder / "export.jsonl"), standalone.lines(trail.heads), both)
    assert (result.ok, result.published) == (True, 2)
