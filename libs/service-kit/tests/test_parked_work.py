"""What the worker does about parked events when it is asked to."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg
import pytest
from forkant_contracts import Event
from forkant_kit import parked_store
from forkant_kit.batch import BatchProcessor
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.gate import Record
from forkant_kit.parked_work import ParkedWork
from forkant_kit.testing import Stage, a_record, broken, until
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

GROUP = "g"
INSERT = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")


@dataclass
class Service:
    """A service whose handler fails on the versions that `fails_on` holds, until a new release."""

    stage: Stage
    fails_on: set[int] = field(default_factory=set)
    offset: int = 0
    tried: list[int] = field(default_factory=list)

    async def apply(self, conn: AsyncConnection, events: Sequence[Event]) -> None:
        for event in events:
            self.tried.append(event.aggregate_version)
            await conn.execute(INSERT, {"a": event.aggregate_id, "v": event.aggregate_version})
            if event.aggregate_version in self.fails_on:
                raise LookupError("words that must not be stored")

    async def read(self, *records: Record) -> None:
        placed = [record._replace(offset=self.offset + n) for n, record in enumerate(records)]
        self.offset += len(records)
        await BatchProcessor(engine=self.stage.engine, group=GROUP, apply=self.apply).process(placed)

    async def ask(self, action: str, *ids: int, reason: str | None = None) -> list[int]:
        async with self.stage.engine.begin() as conn:
            requests, _ = await parked_store.request(conn, ids, action=action, by="tester", reason=reason)
            return requests

    async def work(self) -> list[int]:
        applied = await ParkedWork(engine=self.stage.engine, group=GROUP, apply=self.apply).attend()
        return [event.aggregate_version for event in applied]

    async def parked(self) -> list[tuple[int | None, str, str]]:
        rows = await self.stage.fetch("SELECT aggregate_version, reason, status FROM parked_event ORDER BY id")
        return [(r["aggregate_version"], r["reason"], r["status"]) for r in rows]

    async def ids(self) -> list[int]:
        return [row["id"] for row in await self.stage.fetch("SELECT id FROM parked_event ORDER BY id")]

    async def outcomes(self) -> list[tuple[str, str]]:
        rows = await self.stage.fetch("SELECT outcome, detail FROM parked_outcome ORDER BY action_id")
        return [(r["outcome"], r["detail"]) for r in rows]

    async def versions(self, aggregate: UUID) -> list[int]:
        rows = await self.stage.fetch("SELECT version FROM effect WHERE aggregate_id = $1 ORDER BY version", aggregate)
        return [row["version"] for row in rows]


@pytest.fixture
def service(stage: Stage) -> Service:
    return Service(stage)


async def test_a_fixed_release_replays_a_parked_event_and_what_waited_behind_it_follows(service: Service):
    case = uuid4()
    service.fails_on = {1}
    await service.read(*[a_record(case, version) for version in (1, 2, 3)])
    service.fails_on = set()
    await service.ask("replay", (await service.ids())[0])
    assert await service.work() == [1, 2, 3]
    assert await service.versions(case) == [1, 2, 3]
    assert {status for *_, status in await service.parked()} == {"applied"}
    assert await service.outcomes() == [("applied", "")]
    assert await service.work() == []


async def test_a_replay_that_fails_again_leaves_everything_parked_and_says_why(service: Service):
    case = uuid4()
    service.fails_on = {2}
    await service.read(*[a_record(case, version) for version in (1, 2, 3)])
    await service.ask("replay", *await service.ids())
    assert await service.work() == []
    assert await service.versions(case) == [1]
    assert await service.parked() == [(2, "apply_failed", "parked"), (3, "behind_parked", "parked")]
    (first, why), (second, _) = await service.outcomes()
    assert (first, second) == ("still_parked", "still_parked")
    assert why == "apply_failed: the handler raised LookupError"


async def test_a_replay_tells_the_new_reason(service: Service):
    case = uuid4()
    service.fails_on = {1}
    await service.read(a_record(case, 1))
    await service.stage.fetch("UPDATE parked_event SET body = '{', reason = 'apply_failed'")
    await service.ask("replay", *await service.ids())
    await service.work()
    assert await service.parked() == [(1, "malformed", "parked")]


async def test_requests_about_several_versions_are_done_in_their_order_whatever_the_order_of_asking(service: Service):
    case = uuid4()
    service.fails_on = {1}
    await service.read(*[a_record(case, version) for version in (1, 2, 3)])
    service.fails_on = set()
    service.tried.clear()
    for parked_id in reversed(await service.ids()):
        await service.ask("replay", parked_id)
    await service.work()
    assert service.tried == [1, 2, 3]
    assert [outcome for outcome, _ in await service.outcomes()] == ["applied"] * 3


async def test_discarding_lets_the_aggregate_pass_that_version_and_releases_the_rest(service: Service):
    case = uuid4()
    await service.read(a_record(case, 1), broken(case, 2), a_record(case, 3), a_record(case, 4))
    await service.ask("discard", (await service.ids())[0], reason="cut off by a faulty disk")
    assert await service.work() == [3, 4]
    assert await service.versions(case) == [1, 3, 4]
    assert [status for *_, status in await service.parked()] == ["discarded", "applied", "applied"]
    await service.read(a_record(case, 2), a_record(case, 5))
    assert await service.versions(case) == [1, 3, 4, 5]


async def test_a_version_that_is_not_yet_awaited_is_not_discarded(service: Service):
    case = uuid4()
    await service.read(a_record(case, 1), broken(case, 3))
    await service.ask("discard", *await service.ids(), reason="unreadable")
    assert await service.work() == []
    [(outcome, detail)] = await service.outcomes()
    assert (outcome, "earlier version is awaited" in detail) == ("refused", True)
    assert await service.parked() == [(3, "gap", "parked")]
    await service.read(a_record(case, 2))
    assert await service.versions(case) == [1, 2]


async def test_two_discards_of_one_aggregate_are_done_in_order_of_version(service: Service):
    case = uuid4()
    await service.read(broken(case, 1), a_record(case, 2), broken(case, 3), a_record(case, 4))
    first, _, third, _ = await service.ids()
    await service.ask("discard", third, reason="unreadable")
    await service.ask("discard", first, reason="unreadable")
    assert await service.work() == [2, 4]
    assert [outcome for outcome, _ in await service.outcomes()] == ["discarded", "discarded"]


async def test_a_good_record_of_the_same_version_is_tried_before_the_version_is_given_up(service: Service):
    case = uuid4()
    service.fails_on = {1}
    await service.read(broken(case, 1), a_record(case, 1), a_record(case, 2))
    service.fails_on = set()
    await service.ask("discard", (await service.ids())[0], reason="unreadable")
    assert await service.work() == [1, 2]
    assert await service.versions(case) == [1, 2]


async def test_a_version_is_not_given_up_while_another_record_of_it_is_parked(service: Service):
    case = uuid4()
    service.fails_on = {1}
    await service.read(broken(case, 1), a_record(case, 1), a_record(case, 2))
    await service.ask("discard", (await service.ids())[0], reason="unreadable")
    assert await service.work() == []
    assert [status for *_, status in await service.parked()] == ["discarded", "parked", "parked"]
    service.fails_on = set()
    await service.ask("replay", (await service.ids())[1])
    assert await service.work() == [1, 2]


async def test_a_record_that_belongs_to_nobody_is_discarded_at_once(service: Service):
    await service.read(broken(None, None))
    await service.ask("discard", *await service.ids(), reason="not ours")
    await service.work()
    assert await service.parked() == [(None, "malformed", "discarded")]


async def test_a_release_that_can_read_whose_event_it_is_puts_it_into_its_place(service: Service):
    case, good = uuid4(), a_record
    await service.read(good(case, 1), broken(None, None), good(case, 3))
    second = good(case, 2)
    await service.stage.fetch(
        "UPDATE parked_event SET body = $1, headers = (SELECT headers FROM parked_event WHERE aggregate_version = 3)"
        " WHERE aggregate_id IS NULL",
        second.value,
    )
    await service.stage.fetch(
        """UPDATE parked_event SET headers = replace(headers::text, '["ce_aggregateversion", "3"]',
           '["ce_aggregateversion", "2"]')::jsonb WHERE aggregate_id IS NULL"""
    )
    await service.ask("replay", (await service.ids())[0])
    assert await service.work() == [2, 3]
    assert await service.versions(case) == [1, 2, 3]


async def test_two_workers_asked_at_once_apply_it_once(service: Service):
    cases = [uuid4() for _ in range(5)]
    service.fails_on = {1}
    await service.read(*[a_record(case, version) for case in cases for version in (1, 2)])
    service.fails_on = set()
    await service.ask("replay", *await service.ids())
    done = await asyncio.gather(*[service.work() for _ in range(3)])
    assert sorted(version for versions in done for version in versions) == [1] * 5 + [2] * 5
    assert [outcome for outcome, _ in await service.outcomes()] == ["applied"] * 10


async def test_a_replay_and_a_batch_at_once_apply_each_version_once(service: Service):
    case = uuid4()
    service.fails_on = {1}
    await service.read(a_record(case, 1), a_record(case, 2))
    service.fails_on = set()
    await service.ask("replay", *await service.ids())
    await asyncio.gather(service.work(), service.read(a_record(case, 3)))
    await service.work()
    assert await service.versions(case) == [1, 2, 3]
    assert [outcome for outcome, _ in await service.outcomes()] == ["applied", "applied"]


async def test_a_request_waits_for_the_batch_that_has_the_partition(service: Service):
    service.fails_on = {1}
    await service.read(a_record(uuid4(), 1))
    service.fails_on = set()
    await service.ask("replay", *await service.ids())

    async def waiting() -> bool:
        return bool(await service.stage.fetch("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype <> 'object'"))

    async with service.stage.engine.begin() as conn:
        await ConsumerStore(GROUP).lock_offset(conn, "t", 0)
        work = asyncio.create_task(service.work())
        await until(waiting, what="the request waiting for the partition")
        assert service.tried == [1, 1], "tried by the batch and by itself, not yet again"
    assert await work == [1]


async def test_what_is_asked_while_the_aggregate_is_worked_on_is_not_lost(service: Service):
    service.fails_on = {1}
    case = uuid4()
    await service.read(a_record(case, 1), a_record(case, 2))
    service.fails_on = set()
    first, second = await service.ids()
    await service.ask("replay", first)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(conn: AsyncConnection, events: Sequence[Event]) -> None:
        begun.set()
        await go_on.wait()
        await service.apply(conn, events)

    work = asyncio.create_task(ParkedWork(engine=service.stage.engine, group=GROUP, apply=slow).attend())
    await asyncio.wait_for(begun.wait(), 20)
    asked = asyncio.create_task(service.ask("replay", second))

    async def settled_or_waiting() -> bool:
        locks = await service.stage.fetch("SELECT 1 FROM pg_locks WHERE NOT granted")
        return bool(locks) or asked.done()

    await until(settled_or_waiting, what="the second request made or waiting")
    go_on.set()
    await work
    await asked
    await service.work()
    [row] = await service.stage.fetch(
        "SELECT (SELECT count(*) FROM parked_action) AS asked, (SELECT count(*) FROM parked_outcome) AS done"
    )
    assert row["asked"] == row["done"]


async def test_what_is_asked_twice_is_done_once(service: Service):
    service.fails_on = {1}
    await service.read(a_record(uuid4(), 1))
    ids = await service.ids()
    assert len(await service.ask("replay", *ids, *ids)) == 1
    assert await service.ask("discard", *ids, reason="no") == []


async def test_a_fault_of_the_surroundings_leaves_the_request_standing(service: Service):
    service.fails_on = {1}
    await service.read(a_record(uuid4(), 1))
    await service.ask("replay", *await service.ids())
    faulty = ParkedWork(engine=service.stage.engine, group=GROUP, apply=_away)
    with pytest.raises(OSError, match="away"):
        await faulty.attend()
    assert await service.outcomes() == []
    service.fails_on = set()
    assert await service.work() == [1]


async def _away(_conn: AsyncConnection, _events: Sequence[Event]) -> None:
    raise OSError("away")


@pytest.mark.parametrize("change", ["UPDATE {} SET detail = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["parked_action", "parked_outcome"])
async def test_the_record_of_what_was_done_only_grows(service: Service, table: str, change: str):
    service.fails_on = {1}
    await service.read(a_record(uuid4(), 1))
    await service.ask("replay", *await service.ids())
    await service.work()
    connect: Callable[[str], asyncpg.Connection] = asyncpg.connect
    for url in (service.stage.app_url, service.stage.owner_url):
        connection = await connect(url)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(
                    change.format(table).replace("detail", "reason" if "action" in table else "detail")
                )
        finally:
            await connection.close()


async def test_a_discard_needs_a_reason(service: Service):
    await service.read(broken(uuid4(), 1))
    with pytest.raises(Exception, match="parked_action_check"):
        await service.ask("discard", *await service.ids())
