"""The delivery loop against a real receiver; only the test moves the clock."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from forkant_kit.testing import until
from notification_service.commands import dead_letters, endpoints
from notification_service.deliveries.workshop import DeliveryConfig
from notification_service.domain.retries import LADDER, MAX_ATTEMPTS
from sqlalchemy.exc import DBAPIError
from standardwebhooks import Webhook


async def test_a_delivery_carries_a_signature_that_the_specifications_package_verifies(world, receiver):
    endpoint, secret = await world.endpoint(f"{receiver.url}/hook")
    event = world.event("opened", uuid4())
    await world.happen(event)
    await world.deliver()
    [got] = receiver.received
    document = Webhook(secret).verify(got.body, got.headers)
    assert document["type"] == "no.forkant.case.opened.v1"
    assert document["data"]["subject_id"] == str(event.aggregate_id)
    assert got.id == str(event.id)
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["attempts"], row["last_status_code"]) == ("delivered", 1, 204)


async def test_a_failed_delivery_comes_again_with_the_same_id_and_body_when_its_time_has_come(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 500)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    await world.deliver()
    assert len(receiver.received) == 1
    receiver.answer("/hook", 200)
    world.clock.advance(seconds=LADDER[0].total_seconds() - 1)
    await world.deliver()
    assert len(receiver.received) == 1
    world.clock.advance(seconds=2)
    await world.deliver()
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["attempts"]) == ("delivered", 2)


async def test_ten_attempts_over_three_days_then_a_dead_letter_that_can_be_sent_again(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 503)
    began = world.clock()
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    for delay in LADDER:
        world.clock.advance(seconds=delay.total_seconds())
        await world.deliver()
    assert len(receiver.received) == MAX_ATTEMPTS
    assert len({one.id for one in receiver.received}) == 1
    assert timedelta(hours=70) < world.clock() - began < timedelta(hours=73)
    [dead] = await world.deliveries(endpoint)
    assert (dead["status"], dead["reason"], dead["attempts"]) == ("dead", "attempts_used", MAX_ATTEMPTS)
    world.clock.advance(days=30)
    await world.deliver()
    assert len(receiver.received) == MAX_ATTEMPTS
    receiver.answer("/hook", 204)
    await world.command(dead_letters.replay, world.context(), dead["id"])
    await world.deliver()
    assert receiver.received[-1].id == receiver.received[0].id
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["attempts"]) == ("delivered", MAX_ATTEMPTS + 1)
    log = await world.stage.fetch("SELECT number, outcome FROM delivery_attempt ORDER BY number")
    assert [entry["number"] for entry in log] == list(range(1, MAX_ATTEMPTS + 2))


async def test_retry_after_is_honoured(world, receiver):
    await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 429, {"retry-after": "3600"})
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    world.clock.advance(minutes=59)
    await world.deliver()
    assert len(receiver.received) == 1
    world.clock.advance(minutes=2)
    await world.deliver()
    assert len(receiver.received) == 2


async def test_gone_disables_the_endpoint_and_moves_what_waits_to_the_dead_letters(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 410)
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("planned", case, 2))
    await world.deliver()
    assert len(receiver.received) == 1
    rows = await world.deliveries(endpoint)
    assert {(row["status"], row["reason"]) for row in rows} == {("dead", "endpoint_gone")}
    [row] = await world.stage.fetch("SELECT enabled, disabled_reason, version FROM endpoint")
    assert tuple(row) == (False, "gone", 2)
    await world.happen(world.event("closed", case, 3))
    assert len(await world.deliveries(endpoint)) == 2


async def test_a_redirect_is_a_failure_and_is_not_followed(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 302, {"location": f"{receiver.url}/elsewhere"})
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert [one.path for one in receiver.received] == ["/hook"]
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["last_outcome"], row["last_status_code"]) == ("pending", "redirected", 302)


async def test_events_of_one_case_arrive_in_order_and_a_failing_one_holds_back_only_its_case(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    stuck, free = uuid4(), uuid4()
    events = [world.event("opened", stuck), world.event("opened", free)]
    events += [world.event("planned", stuck, 2), world.event("planned", free, 2)]

    async def fail_the_stuck(one):
        return (500 if one.document["data"]["subject_id"] == str(stuck) else 204), {}, b""

    receiver.replies["/hook"] = fail_the_stuck
    await world.happen(*events)
    await world.deliver()
    got = [(one.document["data"]["subject_id"], one.document["data"]["subject_version"]) for one in receiver.received]
    assert sorted(got) == sorted([(str(stuck), 1), (str(free), 1), (str(free), 2)])
    assert got.index((str(free), 1)) < got.index((str(free), 2))
    receiver.answer("/hook", 204)
    world.clock.advance(seconds=10)
    await world.deliver()
    assert [one.document["data"]["subject_version"] for one in receiver.received[-2:]] == [1, 2]
    assert {row["status"] for row in await world.deliveries(endpoint)} == {"delivered"}


async def test_an_endpoint_that_hangs_delays_neither_another_endpoint_nor_its_own_other_cases(world, receiver):
    released = asyncio.Event()

    async def hang(one):
        if one.document["data"]["subject_version"] == 1:
            await released.wait()
        return 204, {}, b""

    receiver.replies["/hanging"] = hang
    hanging, _ = await world.endpoint(f"{receiver.url}/hanging")
    await world.endpoint(f"{receiver.url}/healthy")
    stop = asyncio.Event()
    running = asyncio.create_task(world.dispatcher.run(stop))
    await world.happen(world.event("opened", uuid4()))
    world.dispatcher.wake(world.notifier.take_given_work())

    async def both_got_it():
        return len(receiver.at("/hanging")) == 1 and len(receiver.at("/healthy")) == 1

    await until(both_got_it, what="both endpoints are tried")
    for _ in range(5):
        await world.happen(world.event("planned", uuid4(), 2))
        world.dispatcher.wake(world.notifier.take_given_work())

    async def the_rest_came():
        rows = await world.deliveries()
        return sum(row["status"] == "delivered" for row in rows) == 11

    await until(the_rest_came, what="everything but the hanging delivery is delivered")
    assert [row["status"] for row in await world.deliveries(hanging)].count("pending") == 1
    released.set()

    async def all_came():
        return {row["status"] for row in await world.deliveries()} == {"delivered"}

    await until(all_came, what="the hanging delivery arrives in the end")
    stop.set()
    await running


async def test_a_receiver_that_does_not_answer_in_time_has_failed(world, receiver):
    world.shop.sender._timeout_s = 0.3
    released = asyncio.Event()

    async def hang(_):
        await released.wait()
        return 204, {}, b""

    receiver.replies["/hook"] = hang
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["last_outcome"]) == ("pending", "timed_out")
    assert endpoint in world.shop.slow
    released.set()


async def test_an_endpoint_that_does_not_answer_is_tried_one_at_a_time(world):
    endpoint, _ = await world.endpoint("http://127.0.0.1:9/hook")
    assert world.shop.room_in_lane(endpoint, 0) == world.shop.config.endpoint_concurrency
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert world.shop.room_in_lane(endpoint, 0) == 1
    assert world.shop.room_in_lane(endpoint, 1) == 0


async def test_a_delivery_whose_worker_died_is_made_again_under_the_same_id(another_world, receiver):
    config = DeliveryConfig(lease_s=30)
    first, second = another_world(config), another_world(config)
    endpoint, _ = await first.endpoint(f"{receiver.url}/hook")
    hung = asyncio.Event()

    async def hang(_):
        await hung.wait()
        return 204, {}, b""

    receiver.replies["/hook"] = hang
    await first.happen(first.event("opened", uuid4()))
    dying = asyncio.create_task(first.deliver())
    await receiver.arrived.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    for task in first.dispatcher._tasks:
        task.cancel()
    await asyncio.gather(*first.dispatcher._tasks, return_exceptions=True)
    receiver.answer("/hook", 204)
    await second.deliver()
    assert len(receiver.received) == 1, "the lease of the dead worker still holds"
    second.clock.advance(seconds=31)
    await second.deliver()
    assert [one.id for one in receiver.received] == [receiver.received[0].id] * 2
    [row] = await second.deliveries(endpoint)
    assert (row["status"], row["attempts"]) == ("delivered", 2)
    hung.set()


@pytest.mark.parametrize(("second", "status"), [(204, "delivered"), (502, "pending")])
async def test_a_worker_that_lost_its_lane_overwrites_nothing(another_world, receiver, second, status):
    slow, quick = another_world(DeliveryConfig(lease_s=30)), another_world(DeliveryConfig(lease_s=30))
    endpoint, _ = await slow.endpoint(f"{receiver.url}/hook")
    released = asyncio.Event()

    async def hang_once(_):
        if len(receiver.received) == 1:
            await released.wait()
            return 500, {}, b""
        return second, {}, b""

    receiver.replies["/hook"] = hang_once
    await slow.happen(slow.event("opened", uuid4()))
    delivering = asyncio.create_task(slow.deliver())
    await receiver.arrived.wait()
    quick.clock.advance(seconds=31)
    await quick.deliver()
    [after] = await quick.deliveries(endpoint)
    assert (after["status"], after["attempts"], after["last_status_code"]) == (status, 2, second)
    released.set()
    await delivering
    assert await quick.deliveries(endpoint) == [after]
    log = await quick.stage.fetch("SELECT number, status_code FROM delivery_attempt ORDER BY number")
    assert [tuple(entry) for entry in log] == [(1, 500), (2, second)]


async def test_while_secrets_overlap_each_message_is_signed_with_both(world, receiver):
    endpoint, old = await world.endpoint(f"{receiver.url}/hook")
    new = await world.command(endpoints.rotate, world.context(), endpoint, overlap=timedelta(hours=1))
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    for secret in (old, new):
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    assert len(receiver.received[0].headers["webhook-signature"].split()) == 2
    world.clock.advance(hours=2)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert len(receiver.received[1].headers["webhook-signature"].split()) == 1


async def test_a_secret_that_cannot_be_read_fails_the_delivery_and_sends_nothing_unsigned(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    await world.stage.fetch("UPDATE endpoint_secret SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)")
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert receiver.received == []
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["last_outcome"]) == ("pending", "unsigned")


async def test_a_ping_is_delivered_beside_what_waits_and_is_not_tried_again(world, receiver):
    endpoint, secret = await world.endpoint(f"{receiver.url}/hook")
    await world.command(endpoints.ping, world.context(), endpoint)
    await world.deliver()
    assert Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)["type"] == (
        "no.forkant.endpoint.ping.v1"
    )
    receiver.answer("/hook", 500)
    await world.command(endpoints.ping, world.context(), endpoint)
    await world.deliver()
    world.clock.advance(days=1)
    await world.deliver()
    assert len(receiver.received) == 2
    assert [row["status"] for row in await world.deliveries(endpoint)] == ["delivered", "failed"]


async def test_a_changed_url_holds_for_what_already_waits(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/old")
    receiver.answer("/old", 500)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    changes = endpoints.Changes(url=f"{receiver.url}/new")
    await world.command(endpoints.change, world.context(), endpoint, version=1, changes=changes)
    world.clock.advance(seconds=10)
    await world.deliver()
    assert [one.path for one in receiver.received] == ["/old", "/new"]


async def test_a_removed_endpoint_is_sent_nothing_more(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    await world.happen(world.event("opened", uuid4()))
    await world.command(endpoints.remove, world.context(), endpoint, version=1)
    await world.deliver()
    assert receiver.received == []
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["reason"]) == ("cancelled", "endpoint_deleted")
    assert await world.stage.fetch("SELECT FROM endpoint_secret") == []


async def test_the_loop_outlives_a_database_that_goes_away(world, receiver, postgres):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    stop = asyncio.Event()
    running = asyncio.create_task(world.dispatcher.run(stop))
    await postgres.restart()

    async def happens():
        try:
            await world.happen(world.event("opened", uuid4()))
        except (DBAPIError, OSError):
            return False
        return True

    await until(happens, what="the database is back")

    async def delivered():
        return [row["status"] for row in await world.deliveries(endpoint)] == ["delivered"]

    await until(delivered, what="the delivery arrives after the restart")
    assert world.dispatcher.healthy()
    stop.set()
    await running


async def test_stopping_finishes_what_is_under_way(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    released = asyncio.Event()

    async def slow(_):
        await released.wait()
        return 204, {}, b""

    receiver.replies["/hook"] = slow
    await world.happen(world.event("opened", uuid4()), world.event("opened", uuid4()))
    stop = asyncio.Event()
    running = asyncio.create_task(world.dispatcher.run(stop))
    await receiver.arrived.wait()
    stop.set()
    released.set()
    await running
    rows = await world.deliveries(endpoint)
    sent = len(receiver.received)
    assert [row["status"] for row in rows].count("delivered") == sent
    [lane] = await world.stage.fetch("SELECT leased_by FROM lane")
    assert lane["leased_by"] is None
