"""An endpoint that fails is paused, probed, told of and given up; nobody else notices. Only the test moves the clock."""

from datetime import timedelta
from uuid import uuid4

import pytest
from notification_service.commands import dead_letters, endpoints
from notification_service.domain.circuit import OPENS_AT, PAUSES
from notification_service.store.dead_letters import Range


async def broken(world, receiver, *, cases: int = OPENS_AT):
    """Give an endpoint that has failed for so many cases and is paused."""
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 500)
    await world.happen(*[world.event("opened", uuid4()) for _ in range(cases)])
    await world.deliver()
    return endpoint


async def test_a_paused_endpoint_is_sent_nothing_and_its_deliveries_use_up_no_attempt(world, receiver):
    endpoint = await broken(world, receiver)
    await world.happen(*[world.event("opened", uuid4()) for _ in range(20)])
    sent = len(receiver.received)
    world.clock.advance(seconds=PAUSES[0].total_seconds() - 1)
    await world.deliver()
    assert len(receiver.received) == sent
    assert [row["attempts"] for row in await world.deliveries(endpoint)] == [1] * OPENS_AT + [0] * 20


async def test_after_the_pause_one_delivery_tries_and_when_it_arrives_all_go(world, receiver):
    endpoint = await broken(world, receiver)
    await world.happen(*[world.event("opened", uuid4()) for _ in range(20)])
    sent = len(receiver.received)
    world.clock.advance(seconds=PAUSES[0].total_seconds() + 1)
    await world.deliver()
    assert len(receiver.received) == sent + 1, "one probe, and it failed"
    receiver.answer("/hook", 204)
    world.clock.advance(seconds=PAUSES[1].total_seconds() + 1)
    await world.deliver()
    world.clock.advance(minutes=2)
    await world.deliver()
    assert {row["status"] for row in await world.deliveries(endpoint)} == {"delivered"}
    [lane] = await world.stage.fetch("SELECT failures, failing_since, trips, open_until FROM lane")
    assert tuple(lane) == (0, None, 0, None)


async def test_a_ping_goes_during_the_pause_and_ends_it_when_it_arrives(world, receiver):
    endpoint = await broken(world, receiver)
    sent = len(receiver.received)
    await world.command(endpoints.ping, world.context(), endpoint)
    await world.deliver()
    assert len(receiver.received) == sent + 1
    receiver.answer("/hook", 204)
    await world.command(endpoints.ping, world.context(), endpoint)
    world.clock.advance(seconds=6)
    await world.deliver()
    statuses = [row["status"] for row in await world.deliveries(endpoint)]
    assert statuses == ["delivered"] * OPENS_AT + ["failed", "delivered"]


async def test_the_leads_of_the_unit_are_told_once_when_it_fails(world, receiver):
    endpoint = await broken(world, receiver, cases=12)
    for _ in range(10):
        world.clock.advance(minutes=11)
        await world.deliver()
    told = [entry for entry in await world.entries() if entry["subject"] == "endpoint"]
    assert [(e["kind"], e["unit"], e["roles"], e["needs"], e["subject_id"]) for e in told] == [
        ("endpoint_failing", "oslo", ["prevention_lead"], "role", endpoint)
    ]


async def test_a_message_about_an_endpoint_is_read_by_a_lead_and_by_no_officer_nor_other_unit(world, receiver, caller):
    endpoint = await broken(world, receiver)
    [entry] = (await caller("lead-oslo").get("/v1/inbox", kind="endpoint_failing")).json()["items"]
    assert (entry["subject"], entry["subject_id"]) == ("endpoint", str(endpoint))
    assert receiver.url not in str(entry)
    for stranger in ("officer-oslo", "lead-troms"):
        assert (await caller(stranger).get("/v1/inbox", kind="endpoint_failing")).json()["items"] == []


async def test_an_endpoint_to_which_nothing_arrived_for_three_days_is_switched_off_and_told_of(world, receiver):
    endpoint = await broken(world, receiver, cases=40)
    steps = 0
    while not await world.stage.fetch("SELECT FROM endpoint WHERE NOT enabled"):
        world.clock.advance(minutes=30)
        await world.deliver()
        steps += 1
        assert steps < 200
    assert timedelta(days=3) <= steps * timedelta(minutes=30) <= timedelta(days=3, hours=2)
    rows = await world.deliveries(endpoint)
    assert {row["status"] for row in rows} == {"dead"}
    assert {"endpoint_failing"} <= {row["reason"] for row in rows} <= {"endpoint_failing", "attempts_used"}
    [off] = await world.stage.fetch("SELECT disabled_reason FROM endpoint")
    assert off["disabled_reason"] == "failing"
    kinds = [entry["kind"] for entry in await world.entries() if entry["subject"] == "endpoint"]
    assert kinds.count("endpoint_disabled") == 1
    assert 3 <= kinds.count("endpoint_failing") <= 4


async def test_what_is_replayed_long_after_is_tried_before_the_endpoint_is_given_up(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 500)
    await world.happen(world.event("opened", uuid4()))
    for _ in range(12):
        await world.deliver()
        world.clock.advance(hours=34)
    [row] = await world.deliveries(endpoint)
    assert row["status"] == "dead"
    await world.stage.fetch("UPDATE endpoint SET enabled = true, disabled_reason = NULL")
    await world.stage.fetch("UPDATE lane SET failures = 10, failing_since = $1", world.clock())
    world.clock.advance(days=30)
    sent = len(receiver.received)
    await replay(world, endpoint)
    await world.deliver()
    assert len(receiver.received) == sent + 1
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["attempts"]) == ("pending", 11)


async def test_one_that_wants_no_more_is_told_of_too(world, receiver):
    await world.endpoint(f"{receiver.url}/hook")
    receiver.answer("/hook", 410)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert [e["kind"] for e in await world.entries() if e["subject"] == "endpoint"] == ["endpoint_disabled"]


async def test_an_endpoint_that_fails_delays_no_other(world, receiver):
    await broken(world, receiver)
    other, _ = await world.endpoint(f"{receiver.url}/healthy")
    await world.happen(*[world.event("opened", uuid4()) for _ in range(20)])
    await world.deliver()
    assert {row["status"] for row in await world.deliveries(other)} == {"delivered"}


@pytest.mark.parametrize(("event", "status"), [("erased", "cancelled"), ("restricted", "dead")])
async def test_what_waits_during_a_pause_is_withdrawn_when_its_case_is_erased_or_restricted(
    world, receiver, event, status
):
    endpoint, case = await broken(world, receiver), uuid4()
    await world.happen(world.event("opened", case))
    await world.happen(world.event(event, case, 2))
    rows = [row for row in await world.deliveries(endpoint) if row["subject_id"] == case]
    assert [row["status"] for row in rows] == [status, "pending"]
    receiver.answer("/hook", 204)
    world.clock.advance(minutes=20)
    await world.deliver()
    told = [one.document["type"] for one in receiver.received if one.document["data"]["subject_id"] == str(case)]
    assert told == [f"no.forkant.case.{event}.v1"]


@pytest.mark.parametrize("changes", [{"url": True}, {"enabled": True}])
async def test_an_endpoint_that_was_mended_is_tried_at_once(world, receiver, changes):
    endpoint = await broken(world, receiver)
    receiver.answer("/hook", 204)
    given = {"url": f"{receiver.url}/new"} if "url" in changes else changes
    await world.command(endpoints.change, world.context(), endpoint, version=1, changes=endpoints.Changes(**given))
    world.clock.advance(seconds=6)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert {row["status"] for row in await world.deliveries(endpoint)} == {"delivered"}


async def dead(world, receiver, *, cases: list) -> object:
    """Give an endpoint with dead letters: of each case in turn one more."""
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    versions: dict = {}
    for case in cases:
        versions[case] = versions.get(case, 0) + 1
        await world.happen(world.event("opened", case, versions[case]))
        world.clock.advance(minutes=1)
    await world.stage.fetch(
        "UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now(), blocked = false"
    )
    return endpoint


async def replay(world, endpoint, **chosen):
    return await world.command(dead_letters.replay_range, world.context(), endpoint, Range(**chosen))


async def test_all_dead_letters_go_again_in_the_order_of_each_case(world, receiver):
    one, other = uuid4(), uuid4()
    endpoint = await dead(world, receiver, cases=[one, other, one, one, other])
    done = await replay(world, endpoint)
    assert (len(done.letters), done.restricted, done.next_sequence) == (5, 0, None)
    assert [row["blocked"] for row in await world.deliveries(endpoint)] == [False, False, True, True, True]
    await world.deliver()
    assert {row["status"] for row in await world.deliveries(endpoint)} == {"delivered"}
    for case, count in ((one, 3), (other, 2)):
        got = [r.document["data"] for r in receiver.received if r.document["data"]["subject_id"] == str(case)]
        assert [data["subject_version"] for data in got] == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("chosen", "again"),
    [
        ({"from_sequence": 2, "to_sequence": 3}, [2, 3]),
        ({"from_sequence": 4}, [4, 5]),
        ({"to_sequence": 1}, [1]),
        ({"since": 1, "until": 3}, [2, 3]),
        ({"from_sequence": 2, "until": 3}, [2, 3]),
        ({"from_sequence": 6}, []),
    ],
)
async def test_a_range_of_numbers_or_of_time_goes_again_and_nothing_else(world, receiver, chosen, again):
    began = world.clock()
    endpoint = await dead(world, receiver, cases=[uuid4() for _ in range(5)])
    times = {k: began + timedelta(minutes=v) if k in {"since", "until"} else v for k, v in chosen.items()}
    await replay(world, endpoint, **times)
    rows = await world.deliveries(endpoint)
    assert [row["sequence"] for row in rows if row["status"] == "pending"] == again
    assert {row["reason"] for row in rows if row["status"] == "dead"} <= {"attempts_used"}


async def test_a_replayed_letter_goes_before_what_was_waiting_of_its_case(world, receiver):
    case = uuid4()
    endpoint = await dead(world, receiver, cases=[case, case])
    await world.happen(world.event("closed", case, 3))
    await replay(world, endpoint)
    assert [row["blocked"] for row in await world.deliveries(endpoint)] == [False, True, True]
    await world.deliver()
    assert [r.document["data"]["subject_version"] for r in receiver.received] == [1, 2, 3]


async def test_letters_of_a_restricted_case_stay_and_are_counted(world, receiver):
    open_case, restricted = uuid4(), uuid4()
    endpoint = await dead(world, receiver, cases=[open_case, restricted])
    await world.happen(world.event("restricted", restricted, 2))
    done = await replay(world, endpoint)
    assert ([letter.subject_id for letter in done.letters], done.restricted) == ([open_case], 1)
    await world.deliver()
    assert str(restricted) not in {r.document["data"]["subject_id"] for r in receiver.received
                                   if r.document["type"].endswith("opened.v1")}  # fmt: skip


async def test_more_than_go_at_once_say_where_to_go_on(world, receiver, monkeypatch):
    monkeypatch.setattr(dead_letters, "MOST_AT_ONCE", 2)
    endpoint = await dead(world, receiver, cases=[uuid4() for _ in range(5)])
    seen, at = [], None
    while True:
        done = await replay(world, endpoint, from_sequence=at)
        seen += [letter.sequence for letter in done.letters]
        if done.next_sequence is None:
            break
        at = done.next_sequence
    assert seen == [1, 2, 3, 4, 5]


async def test_a_range_is_replayed_by_api_for_its_owner_alone(world, receiver, caller):
    endpoint = await dead(world, receiver, cases=[uuid4(), uuid4()])
    body = {"endpoint_id": str(endpoint), "from_sequence": 2}
    assert (await caller("lead-troms").post("/v1/dead-letters/replay", body)).status_code == 404
    assert (await caller("officer-oslo").post("/v1/dead-letters/replay", body)).status_code == 403
    answer = await caller("lead-oslo").post("/v1/dead-letters/replay", body)
    assert (answer.status_code, answer.json()) == (202, {"replayed": 1, "restricted": 0, "next_sequence": None})
    at = f"/v1/endpoints/{endpoint}"
    assert (await caller("lead-oslo").patch(at, {"enabled": False}, '"v1"')).status_code == 200
    refused = await caller("lead-oslo").post("/v1/dead-letters/replay", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint-disabled")
