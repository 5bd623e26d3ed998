"""Whatever goes wrong on the way, the log of an independent receiver shows each due message, in the order of its case."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts import Event, encode
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import running_process, stopped
from forkant_kit.batch import BatchProcessor
from forkant_kit.gate import Record
from forkant_kit.testing import until
from notification_service.consumers import GROUP
from notification_service.domain.circuit import PAUSES


def first_arrivals(received: Iterable, path: str) -> list:
    """Return of what came to a path each message once, in the order in which they came first."""
    seen: dict[str, object] = {}
    for one in received:
        if one.path == path:
            seen.setdefault(one.id, one)
    return list(seen.values())


def check_log(received: Iterable, path: str, due: list[Event]) -> None:
    """Each due message came, under its own id; each case's in order; repeats are the same to the last byte."""
    first = first_arrivals(received, path)
    assert {one.id for one in first} == {str(event.id) for event in due}
    bodies = {one.id: one.body for one in first}
    assert all(bodies[one.id] == one.body for one in received if one.path == path)
    versions: dict[str, list[int]] = defaultdict(list)
    for one in first:
        versions[one.document["data"]["subject_id"]].append(one.document["data"]["subject_version"])
    assert all(found == sorted(found) for found in versions.values())
    assert sorted(one.document["data"]["sequence"] for one in first) == list(range(1, len(due) + 1))


def course(world, cases: list[UUID], count: int, chance: random.Random) -> list[Event]:
    """Return events of some cases, mixed, each case's in order."""
    versions = dict.fromkeys(cases, 0)
    found = []
    for _ in range(count):
        case = chance.choice(cases)
        versions[case] += 1
        found.append(world.event(CaseAssessmentStarted(), case, versions[case]))
    return found


async def test_a_receiver_that_was_down_for_half_an_hour_gets_everything_soon_after(world, receiver):
    down, _ = await world.endpoint(f"{receiver.url}/down")
    up, _ = await world.endpoint(f"{receiver.url}/up")
    accepted, began = [], world.clock()

    async def out_for_half_an_hour(one):
        if world.clock() - began < timedelta(minutes=30):
            return 503, {}, b""
        accepted.append(one)
        return 204, {}, b""

    receiver.replies["/down"] = out_for_half_an_hour
    cases, chance, due = [uuid4() for _ in range(12)], random.Random(5), []
    versions = dict.fromkeys(cases, 0)
    while world.clock() - began < timedelta(minutes=30):
        case = chance.choice(cases)
        versions[case] += 1
        due.append(world.event(CaseAssessmentStarted(), case, versions[case]))
        await world.happen(due[-1])
        await world.deliver()
        world.clock.advance(seconds=20)
    assert not accepted
    assert len([one for one in receiver.received if one.path == "/down"]) < 40, "it was not hammered"
    while {row["status"] for row in await world.deliveries(down)} != {"delivered"}:
        world.clock.advance(seconds=20)
        await world.deliver()
        assert world.clock() - began < timedelta(minutes=30) + PAUSES[-1] * 1.2 + timedelta(minutes=30)
    check_log(accepted, "/down", due)
    check_log(receiver.received, "/up", due)
    assert {row["attempts"] for row in await world.deliveries(up)} == {1}


@pytest.mark.parametrize("seed", range(4))
async def test_repeats_and_mixed_orders_on_the_way_in_lead_to_each_delivery_once(world, receiver, seed):
    chance = random.Random(seed)
    await world.endpoint(f"{receiver.url}/hook")
    due = course(world, [uuid4() for _ in range(5)], 40, chance)
    messages = [encode(event) for event in due]
    # Kafka gives a batch again, or part of it, when the consumer died before it said that it was done.
    fed = [message for each in messages for message in [each] * chance.choice((1, 1, 2, 3))]
    records = [Record("t", 0, offset, m.key, tuple(m.headers), m.value) for offset, m in enumerate(fed)]
    processor = BatchProcessor(engine=world.stage.engine, group=GROUP, apply=world.notifier.apply)
    place = 0
    while place < len(records):
        batch = records[place : place + chance.randint(1, 9)]
        if chance.random() < 0.3:
            async with world.stage.engine.connect() as conn:  # dies before its commit
                await world.notifier.apply(conn, due[:3])
        await processor.process(batch)
        if chance.random() < 0.3:
            await processor.process(batch)
        if chance.random() < 0.5:
            await world.deliver()
        place += len(batch)
    await world.deliver()
    check_log(receiver.received, "/hook", due)
    assert len(receiver.received) == len(due), "what came in more than once went out once"


async def test_whatever_a_receiver_answers_each_delivery_ends_delivered_or_among_the_dead_letters(world, receiver):
    chance, accepted = random.Random(11), []
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")

    async def moody(one):
        status = chance.choice((204, 204, 500, 503, 429, 302, 404))
        if status == 204:
            accepted.append(one)
        return status, {"retry-after": str(chance.randint(0, 100_000))} if status in {429, 503} else {}, b""

    receiver.replies["/hook"] = moody
    due = course(world, [uuid4() for _ in range(6)], 40, chance)
    for event in due:
        await world.happen(event)
        await world.deliver()
        world.clock.advance(seconds=chance.randint(1, 400))
    steps = 0
    while any(row["status"] == "pending" for row in await world.deliveries(endpoint)):
        world.clock.advance(hours=1)
        await world.deliver()
        steps += 1
        assert steps < 24 * 40
    rows = await world.deliveries(endpoint)
    assert {row["status"] for row in rows} <= {"delivered", "dead"}
    delivered = {str(row["message_id"]) for row in rows if row["status"] == "delivered"}
    assert {one.id for one in accepted} == delivered
    assert len(accepted) == len(delivered), "what was accepted is not sent again"
    assert [row["sequence"] for row in rows] == list(range(1, len(due) + 1))


@pytest.mark.kafka
@pytest.mark.faults
async def test_a_worker_killed_again_and_again_loses_no_delivery_and_reorders_no_case(  # noqa: PLR0917 - fixtures
    world, kafka, receiver, tmp_path, migrated, issuer, case_service
):
    [port] = free_ports(1)
    environment = {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": migrated.worker_url,
        "FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_CASE_SERVICE_URL": case_service.url,
        "FORKANT_WORKER_PORT": str(port),
        "FORKANT_WEBHOOK_ALLOW_LOOPBACK": "true",
        "FORKANT_WEBHOOK_TIMEOUT_SECONDS": "1.5",
        "FORKANT_WEBHOOK_LEASE_SECONDS": "3",
    }

    def worker(number: int):
        folder = tmp_path / str(number)
        folder.mkdir()
        return running_process(
            "notification_service.worker", environment=environment, port="FORKANT_WORKER_PORT", folder=folder
        )

    async def dawdle(_):
        await asyncio.sleep(0.05)
        return 204, {}, b""

    # Other tests' events lie on the topics, of this unit none.
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook", unit="finnmark")
    receiver.replies["/hook"] = dawdle
    chance = random.Random(3)
    due = [
        world.event(CaseAssessmentStarted(), event.aggregate_id, event.aggregate_version, unit="finnmark")
        for event in course(world, [uuid4() for _ in range(8)], 120, chance)
    ]
    await world.happen(*due)
    for number in range(3):
        async with worker(number) as (_, process):
            so_far = len(receiver.received)

            async def at_work(so_far: int = so_far) -> bool:
                return len(receiver.received) >= so_far + 10

            await until(at_work, what="the worker delivers")
            process.kill()
    async with worker(3) as (_, process):

        async def all_ended() -> bool:
            return {row["status"] for row in await world.deliveries(endpoint)} == {"delivered"}

        await until(all_ended, what="every delivery has ended")
        assert await stopped(process) == 0
    check_log(receiver.received, "/hook", due)
    assert len(receiver.received) > len(due), "what was under way at a kill came again"
