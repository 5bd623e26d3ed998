"""Freshness says how far behind a group is, and never makes a quiet partition look years old."""

import pytest
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.db import transaction
from forkant_kit.freshness import read_freshness
from forkant_kit.testing import Stage


@pytest.fixture
def partition(stage: Stage):
    """Set one partition's row; moments are seconds ago."""

    async def put(
        number: int,
        *,
        at: int,
        end: int,
        recorded: int | None,
        caught_up: int | None,
        observed: int = 0,
        proven: int | None = None,
    ):
        await stage.fetch(
            """
            INSERT INTO consumer_offset VALUES ('g', 't', $1, $2, $3, now() - make_interval(secs => $4),
                                                now() - make_interval(secs => $5), now() - make_interval(secs => $6),
                                                now() - make_interval(secs => $7))
            """,
            number, at, end, recorded, caught_up, observed, proven,
        )  # fmt: skip

    return put


async def freshness(stage: Stage):
    async with stage.engine.connect() as conn:
        return await read_freshness(conn, group="g")


async def test_nothing_read_is_no_freshness(stage: Stage, partition):
    assert (await freshness(stage)).seconds_behind is None
    await partition(0, at=0, end=5, recorded=None, caught_up=None)
    found = await freshness(stage)
    assert (found.watermark, found.seconds_behind, found.lag_records) == (None, None, 5)


async def test_a_group_that_has_caught_up_is_not_behind(stage: Stage, partition):
    await partition(0, at=5, end=5, recorded=100_000, caught_up=1, observed=1)
    assert (await freshness(stage)).seconds_behind == 0


async def test_a_new_event_on_a_quiet_partition_is_behind_since_the_last_look(stage: Stage, partition):
    await partition(0, at=5, end=6, recorded=1_000_000, caught_up=2)
    await partition(1, at=0, end=1, recorded=None, caught_up=3)
    assert 3 <= (await freshness(stage)).seconds_behind < 5


async def test_a_partition_that_works_off_its_backlog_is_behind_since_its_last_event(stage: Stage, partition):
    await partition(0, at=5, end=600, recorded=40, caught_up=900)
    assert 40 <= (await freshness(stage)).seconds_behind < 42


async def test_a_group_that_reports_no_more_is_behind(stage: Stage, partition):
    await partition(0, at=5, end=5, recorded=100, caught_up=60, observed=60)
    assert 60 <= (await freshness(stage)).seconds_behind < 62


async def test_a_group_that_has_all_of_kafka_is_behind_what_is_proven_of_the_outbox(stage: Stage, partition):
    await partition(0, at=5, end=5, recorded=100, caught_up=1, observed=1, proven=2)
    assert (await freshness(stage)).seconds_behind == 0
    await partition(1, at=5, end=5, recorded=100, caught_up=1, observed=1, proven=50)
    found = await freshness(stage)
    assert 50 <= found.seconds_behind < 52
    assert 50 <= (found.now - found.watermark).total_seconds() < 52


async def test_what_is_applied_after_the_last_proof_counts_too(stage: Stage, partition):
    await partition(0, at=5, end=600, recorded=40, caught_up=90, proven=80)
    assert 40 <= (await freshness(stage)).seconds_behind < 42


async def test_a_partition_that_only_had_caught_up_with_kafka_is_behind_since_its_proof(stage: Stage, partition):
    await partition(0, at=5, end=6, recorded=1_000, caught_up=2, proven=30)
    assert 30 <= (await freshness(stage)).seconds_behind < 32


async def test_catching_up_is_noted_when_the_ends_are_observed(stage: Stage, partition):
    await partition(0, at=5, end=5, recorded=100, caught_up=60)
    await partition(1, at=5, end=5, recorded=100, caught_up=60)
    async with transaction(stage.engine) as conn:
        await ConsumerStore("g").observe_ends(conn, {("t", 0): 5, ("t", 1): 6})
    rows = await stage.fetch(
        "SELECT partition, now() - caught_up_at < interval '5 s' AS fresh FROM consumer_offset ORDER BY partition"
    )
    assert [row["fresh"] for row in rows] == [True, False]
