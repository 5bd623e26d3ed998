"""A transaction that began early and commits late, which a relay that remembers a sequence number would miss."""

import time
from collections import defaultdict
from typing import Final
from uuid import UUID

from forkant_kit.db import create_engine, new_id
from forkant_kit.outbox import partition_of
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.faults.history import History, Outcome
from forkant_devstack.faults.order import numbered, topic_in_use
from forkant_devstack.faults.trial import Trial
from forkant_devstack.faults.writer import AGGREGATES, change_once

_ENOUGH: Final = 10
_LATER_ONES: Final = """
SELECT count(*) FROM ledger AS l JOIN event_archive AS a ON a.event_id = l.change
WHERE a.recorded_at > to_timestamp($1) AND l.aggregate_id = ANY ($2)
"""


async def hold_transaction_open(trial: Trial) -> None:
    """Write an event, let others that were written later be published, and commit only then."""
    order = trial.order("laboratory", "writer")
    aggregate, neighbours = _a_place(trial, order.partitions)
    engine = create_engine(trial.database.app_url, application_name="laboratory", pool_size=2)
    await trial.fetch("INSERT INTO thing VALUES ($1, 0)", aggregate)
    try:
        async with trial.fault("a writer holds its transaction open"):
            change = new_id()
            with History(order.history) as history, topic_in_use(order):
                history.attempt(change, aggregate=aggregate, version=1)
                async with engine.begin() as conn:
                    await change_once(conn, change=change, aggregate=aggregate, version=1, large=False)
                    await _later_ones_published(trial, neighbours)
                history.answered(change, Outcome.ACKNOWLEDGED)
                await _write_on(trial, history, engine=engine, aggregate=aggregate)
    finally:
        await engine.dispose()


def _a_place(trial: Trial, partitions: int) -> tuple[UUID, list[UUID]]:
    """Choose a new aggregate; return it with those of the writers that share its partition, of which there are some."""
    shared: dict[int, list[UUID]] = defaultdict(list)
    for number in range(AGGREGATES):
        shared[_partition_of(numbered(number), partitions)].append(numbered(number))
    while True:
        aggregate = numbered(AGGREGATES + trial.chance.randrange(1 << 40))
        if neighbours := shared.get(_partition_of(aggregate, partitions)):
            return aggregate, neighbours


def _partition_of(aggregate: UUID, partitions: int) -> int:
    return partition_of(str(aggregate).encode(), partitions)


async def _later_ones_published(trial: Trial, neighbours: list[UUID]) -> None:
    """Wait until events of the same partition are published whose writing began after this moment."""
    moment = time.time()

    async def published() -> bool:
        return int(await trial.value(_LATER_ONES, moment, neighbours)) >= _ENOUGH

    await trial.until(published, what=f"{_ENOUGH} later events of the partition published")


async def _write_on(trial: Trial, history: History, *, engine: AsyncEngine, aggregate: UUID) -> None:
    change = new_id()
    history.attempt(change, aggregate=aggregate, version=2)
    async with engine.begin() as conn:
        await change_once(conn, change=change, aggregate=aggregate, version=2, large=False)
    history.answered(change, Outcome.ACKNOWLEDGED)
    trial.note("written after the held one", aggregate=str(aggregate))
