"""An endpoint whose right has ended is switched off, whether there is anything to send or not, and its owners are told."""

from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from forkant_contracts.codes import UnitChange, UnitKindCode
from forkant_contracts.events.catalogue import UnitChanged
from notification_service.commands import endpoints
from notification_service.deliveries.standing import look_after_endpoints

HOLDS, TOLD_BEFORE = timedelta(days=90), timedelta(days=14)
MINUTE = timedelta(minutes=1)


async def look(world, after: timedelta = timedelta()) -> None:
    world.clock.moment += after
    await look_after_endpoints(world.shop)


async def told(world) -> list[tuple[str, str, str | None, list[str]]]:
    rows = [e for e in await world.entries() if e["subject"] == "endpoint"]
    return [(e["kind"], e["unit"], e["about_unit"], e["roles"]) for e in rows]


async def stands(world, endpoint: UUID) -> tuple[bool, str | None]:
    [row] = await world.stage.fetch("SELECT enabled, disabled_reason FROM endpoint WHERE id = $1", endpoint)
    return row["enabled"], row["disabled_reason"]


def ended(world, unit: str, *successors: str, days: int):
    data = UnitChanged(
        changed_unit=unit,
        kind=UnitKindCode.DISTRICT,
        change=UnitChange.ENDED,
        effective_on=(world.clock() + timedelta(days=days)).astimezone(ZoneInfo("Europe/Oslo")).date(),
        reorganisation_id=uuid4(),
        successors=successors,
    )
    return world.event(data, uuid4(), unit="pod")


async def test_a_unit_that_ended_is_noticed_without_a_message_and_the_units_that_follow_are_told(world, receiver):
    gone, _ = await world.endpoint(f"{receiver.url}/gone", unit="troms/gde-tromso")
    other, _ = await world.endpoint(f"{receiver.url}/other", unit="oslo")
    await world.happen(ended(world, "troms", "nordland", "finnmark", days=2))
    before = [row for row in await told(world) if row[0] != "unit_changed"]
    await look(world, timedelta(days=1))
    assert (await stands(world, gone), before) == ((True, None), [])
    await look(world, timedelta(days=2))
    await look(world)
    assert await stands(world, gone) == (False, "unit_ended")
    assert await stands(world, other) == (True, None)
    assert await told(world) == [
        ("endpoint_disabled", "troms/gde-tromso", None, ["prevention_lead"]),
        ("endpoint_disabled", "nordland", "troms/gde-tromso", ["prevention_lead"]),
        ("endpoint_disabled", "finnmark", "troms/gde-tromso", ["prevention_lead"]),
    ]
    assert receiver.received == []


async def test_an_endpoint_that_nobody_stands_for_is_told_of_once_and_then_switched_off(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    await look(world, HOLDS - TOLD_BEFORE - MINUTE)
    assert await told(world) == []
    for _ in range(3):
        await look(world, MINUTE)
    assert await told(world) == [("endpoint_lapsing", "oslo", None, ["prevention_lead"])]
    await look(world, TOLD_BEFORE - 4 * MINUTE)
    assert await stands(world, endpoint) == (True, None)
    await look(world, 2 * MINUTE)
    await look(world)
    assert await stands(world, endpoint) == (False, "unproven")
    assert [row[0] for row in await told(world)] == ["endpoint_lapsing", "endpoint_disabled"]


@pytest.mark.parametrize("shown", ["ping", "change", "rotate"])
async def test_whoever_may_change_it_shows_by_any_act_that_it_is_wanted(world, receiver, shown):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    await look(world, HOLDS - timedelta(days=1))
    context = world.context()
    if shown == "ping":
        await world.command(endpoints.ping, context, endpoint)
    elif shown == "change":
        await world.command(endpoints.change, context, endpoint, version=1, changes=endpoints.Changes(themes=()))
    else:
        await world.command(endpoints.rotate, context, endpoint, overlap=timedelta(hours=1))
    await look(world, HOLDS - TOLD_BEFORE - MINUTE)
    assert await stands(world, endpoint) == (True, None)
    assert len(await told(world)) == 1
    await look(world, 2 * MINUTE)
    assert [row[0] for row in await told(world)] == ["endpoint_lapsing"] * 2, "told anew for the new time"


async def test_what_is_due_to_one_that_nobody_stands_for_is_not_sent_even_before_anybody_looks(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    world.clock.moment += HOLDS
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert receiver.received == []
    [row] = await world.deliveries(endpoint)
    assert (row["status"], row["reason"]) == ("dead", "endpoint_disabled")
    assert await stands(world, endpoint) == (False, "unproven")
    context = world.context()
    await world.command(endpoints.change, context, endpoint, version=2, changes=endpoints.Changes(enabled=True))
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    assert len(receiver.received) == 1, "who switches it on shows that it is wanted"


async def test_a_reader_of_the_log_shows_nothing(world, receiver, caller):
    lead = caller("lead-oslo")
    made = (await lead.post("/v1/endpoints", {"url": f"{receiver.url}/hook"})).json()
    world.clock.moment += timedelta(days=1)
    await lead.get(f"/v1/endpoints/{made['id']}")
    await lead.get("/v1/deliveries", endpoint_id=made["id"])
    shown = (await lead.get(f"/v1/endpoints/{made['id']}")).json()["proven_at"]
    await lead.post(f"/v1/endpoints/{made['id']}/ping")
    after = (await lead.get(f"/v1/endpoints/{made['id']}")).json()["proven_at"]
    assert shown < after
