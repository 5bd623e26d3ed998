"""The turns of many lanes are written by one transaction, and the trouble of one endpoint stays its own."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from forkant_kit.testing import until
from notification_service.deliveries import clerk
from notification_service.deliveries.turns import Turn, together
from notification_service.deliveries.workshop import DeliveryConfig
from notification_service.store import lanes
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

LOCK = text("SELECT FROM lane WHERE endpoint_id = :id FOR UPDATE")
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.endpoint_id = '{}' AND NEW.status = 'delivered' THEN RAISE EXCEPTION 'refused'; END IF;
    RETURN NEW;
END $$
"""


@pytest.fixture
def commits(world):
    """How many transactions the service's engine committed."""
    counted = Counter()

    def count(_):
        counted["commits"] += 1

    event.listen(world.stage.engine.sync_engine, "commit", count)
    yield counted
    event.remove(world.stage.engine.sync_engine, "commit", count)


@asynccontextmanager
async def running(world):
    """Let the loop run until the block ends."""
    stop = asyncio.Event()
    task = asyncio.create_task(world.dispatcher.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def endpoints(world, receiver, count):
    return [(await world.endpoint(f"{receiver.url}/{number}"))[0] for number in range(count)]


async def arrived(receiver, count):
    return len(receiver.received) == count


async def await_delivered(world, wanted):
    """Wait until everything has arrived at these endpoints, and is noted."""

    async def noted():
        rows = [row for row in await world.deliveries() if row["endpoint_id"] in wanted]
        return {row["status"] for row in rows} == {"delivered"}

    await until(noted, what="the others are delivered")


async def claimed(world, count=2):
    """Register endpoints with something due, and take their lanes under one token."""
    found = [(await world.endpoint("http://127.0.0.1:9/hook"))[0] for _ in range(count)]
    await world.happen(world.event("opened", uuid4()))
    now = world.clock()
    async with world.stage.engine.begin() as conn:
        until_ = now + timedelta(seconds=30)
        assert len(await lanes.claim_lanes(conn, token="us", now=now, until=until_, wanted=count)) == count
    return found


def turn(endpoint_id, token="us"):
    return Turn(endpoint_id=endpoint_id, token=token, results=(), busy=0)


async def test_an_event_for_twenty_endpoints_is_written_by_a_handful_of_transactions(world, receiver, commits):
    await endpoints(world, receiver, 20)
    await world.happen(world.event("opened", uuid4()))
    commits.clear()
    await world.deliver()
    assert {row["status"] for row in await world.deliveries()} == {"delivered"}
    assert commits["commits"] <= 10


async def test_a_lane_that_is_locked_elsewhere_is_left_out_and_not_waited_for(world):
    locked, free = await claimed(world)
    async with world.stage.engine.begin() as conn:
        await conn.execute(LOCK, {"id": locked})
        found = await together(world.shop, [turn(locked), turn(free)])
    assert found.keys() == {free}
    assert len(found[free].claimed) == 1
    attempts = {row["endpoint_id"]: row["attempts"] for row in await world.deliveries()}
    assert attempts == {locked: 0, free: 1}


async def test_a_lane_that_somebody_else_took_is_left_out_and_its_lease_untouched(world):
    lost, kept = await claimed(world)
    theirs = world.clock() + timedelta(hours=1)
    await world.stage.fetch(
        "UPDATE lane SET leased_by = 'them', leased_until = $2 WHERE endpoint_id = $1", lost, theirs
    )
    found = await together(world.shop, [turn(lost), turn(kept)])
    assert found.keys() == {kept}
    [lane] = await world.stage.fetch("SELECT leased_by, leased_until FROM lane WHERE endpoint_id = $1", lost)
    assert tuple(lane) == ("them", theirs)
    assert [row["attempts"] for row in await world.deliveries(lost)] == [0]


async def test_whoever_edits_an_endpoint_holds_up_neither_others_nor_the_stop(another_world, receiver):
    world = another_world(DeliveryConfig(stop_deadline_s=0.3))
    edited, *others = await endpoints(world, receiver, 5)
    editing, saved = asyncio.Event(), asyncio.Event()

    async def edit():
        async with world.stage.engine.begin() as conn:
            await conn.execute(LOCK, {"id": edited})
            editing.set()
            await saved.wait()

    async def answer(_):
        await editing.wait()
        return 204, {}, b""

    for number in range(5):
        receiver.replies[f"/{number}"] = answer
    await world.happen(world.event("opened", uuid4()))
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        async with running(world):
            await until(lambda: arrived(receiver, 5), what="all are under way")
            group.create_task(edit())
            await await_delivered(world, others)
        assert [row["status"] for row in await world.deliveries(edited)] == ["pending"]
        saved.set()
    again = another_world(DeliveryConfig())
    again.clock.advance(seconds=31)
    await again.deliver()
    assert [row["status"] for row in await world.deliveries(edited)] == ["delivered"]
    assert len({one.id for one in receiver.at("/0")}) == 1


async def test_a_statement_that_fails_for_one_endpoint_loses_no_result_and_soon_fails_for_it_alone(
    another_world, receiver, monkeypatch
):
    world = another_world(DeliveryConfig(retry_s=0.05))
    broken, *others = await endpoints(world, receiver, 5)
    failed = []

    async def watched(shop, turns):
        try:
            return await together(shop, turns)
        except DBAPIError:
            failed.append(len(turns))
            raise

    monkeypatch.setattr(clerk, "together", watched)
    await world.stage.fetch(REFUSE.format(broken))
    await world.stage.fetch("CREATE TRIGGER refuse BEFORE UPDATE ON delivery FOR EACH ROW EXECUTE FUNCTION refuse()")
    async with running(world):
        for _ in range(4):
            await world.happen(world.event("opened", uuid4()))
            world.dispatcher.wake(world.notifier.take_given_work())
            await await_delivered(world, others)
        assert {row["status"] for row in await world.deliveries(broken)} == {"pending"}
        await world.stage.fetch("DROP TRIGGER refuse ON delivery")
        await await_delivered(world, [broken])
    assert len(failed) == 1
    assert {row["attempts"] for row in await world.deliveries()} == {1}
    assert len({(one.path, one.id) for one in receiver.received}) == len(receiver.received) == 20


async def test_lanes_that_take_together_keep_to_what_the_worker_may_have_at_once(another_world, receiver, monkeypatch):
    world = another_world(DeliveryConfig(concurrency=10))
    await endpoints(world, receiver, 10)
    await world.happen(*[world.event("opened", uuid4()) for _ in range(8)])
    sender, under_way = world.shop.sender, []

    async def send(**given):
        under_way.append(world.shop.under_way)
        return await type(sender).send(sender, **given)

    monkeypatch.setattr(sender, "send", send)
    await world.deliver()
    assert max(under_way) <= 10
    assert {row["status"] for row in await world.deliveries()} == {"delivered"}
