"""What an endpoint asks for, tried before it is saved, and its right judged again when something is sent."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts.codes import CaseType, Theme, UnitChange, UnitKindCode
from forkant_contracts.events.catalogue import UnitChanged
from notification_service.commands import endpoints
from notification_service.housekeeping import RECENT, Retention, clean

OPENED, CLOSED = "no.forkant.case.opened.v1", "no.forkant.case.closed.v1"
PREVIEW = "/v1/endpoints/preview"


def opened(world, case_type: CaseType, theme: Theme, *, unit: str = "oslo", case: UUID | None = None):
    sample = world.event("opened", case or uuid4(), unit=unit)
    return sample.model_copy(update={"data": sample.data.model_copy(update={"case_type": case_type, "theme": theme})})


async def some_days(world) -> None:
    """Let things happen in three units."""
    await world.happen(
        opened(world, CaseType.PERSON, Theme.VIOLENCE),
        opened(world, CaseType.PLACE, Theme.VIOLENCE),
        opened(world, CaseType.PERSON, Theme.DRUGS, unit="oslo/gde-sentrum"),
        opened(world, CaseType.PERSON, Theme.VIOLENCE, unit="troms"),
        world.event("closed", uuid4(), 2),
        world.event("concern", uuid4()),
    )


CHOICES = [
    ({}, {OPENED: 3, CLOSED: 1, "no.forkant.concern.received.v1": 1}),
    ({"event_types": [OPENED]}, {OPENED: 3}),
    ({"event_types": [OPENED], "case_types": ["person"]}, {OPENED: 2}),
    ({"event_types": [OPENED], "themes": ["violence"]}, {OPENED: 2}),
    ({"event_types": [OPENED], "case_types": ["person"], "themes": ["violence"]}, {OPENED: 1}),
    ({"case_types": ["group"]}, {CLOSED: 1, "no.forkant.concern.received.v1": 1}),
    ({"themes": ["drugs"]}, {OPENED: 1, CLOSED: 1}),
    ({"units": ["oslo/gde-sentrum"]}, {OPENED: 1}),
]


@pytest.mark.parametrize(("choice", "expected"), CHOICES)
async def test_the_preview_tells_what_an_endpoint_that_asks_for_the_same_is_then_sent(
    world, receiver, caller, choice, expected
):
    lead = caller("lead-oslo")
    await some_days(world)
    told = (await lead.post(PREVIEW, choice)).json()
    assert {each["event_type"]: each["count"] for each in told["by_type"]} == expected
    assert told["total"] == sum(expected.values())
    made = await lead.post("/v1/endpoints", {"url": f"{receiver.url}/hook", **choice})
    assert made.status_code == 201, made.text
    for name, asked in choice.items():
        assert made.json()[name] == sorted(asked)
    await some_days(world)
    await world.deliver()
    sent: dict[str, int] = {}
    for one in receiver.received:
        sent[one.document["type"]] = sent.get(one.document["type"], 0) + 1
    assert sent == expected


async def test_a_preview_knows_nothing_of_other_units_and_saves_nothing(world, caller):
    await some_days(world)
    assert (await caller("lead-nordland").post(PREVIEW, {})).json()["total"] == 0
    assert (await caller("lead-troms").post(PREVIEW, {})).json()["total"] == 1
    assert (await caller("downstream-demo").post(PREVIEW, {})).json()["total"] == 6
    assert (await caller("officer-oslo").post(PREVIEW, {})).status_code == 403
    assert await world.stage.fetch("SELECT FROM endpoint") == []


async def test_a_preview_is_of_the_days_that_were_asked_for(world, caller):
    await some_days(world)
    world.clock.advance(days=3)
    await world.happen(world.event("closed", uuid4(), 2))
    lead = caller("lead-oslo")
    assert (await lead.post(PREVIEW, {"days": 2})).json()["total"] == 1
    assert (await lead.post(PREVIEW, {"days": 4})).json()["total"] == 6


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"event_types": ["no.forkant.nothing.v1"]}, "unknown-event-type"),
        ({"units": ["atlantis"]}, "unknown-unit"),
        ({"units": ["troms"]}, "unit-not-allowed"),
        ({"case_types": ["castle"]}, None),
        ({"themes": ["unknown"]}, None),
        ({"days": 31}, None),
    ],
)
async def test_what_an_endpoint_could_not_ask_for_is_refused_by_the_preview_too(caller, choice, code):
    answer = await caller("lead-oslo").post(PREVIEW, choice)
    assert answer.status_code == 422
    if code is not None:
        assert answer.json()["code"] == code


async def test_what_is_erased_counts_no_more_and_what_is_told_twice_counts_once(world, caller):
    case = uuid4()
    event = opened(world, CaseType.PERSON, Theme.VIOLENCE, case=case)
    await world.happen(event)
    await world.happen(event)
    lead = caller("lead-oslo")
    assert (await lead.post(PREVIEW, {"event_types": [OPENED]})).json()["total"] == 1
    await world.happen(world.event("erased", case, 2))
    assert (await lead.post(PREVIEW, {"event_types": [OPENED]})).json()["total"] == 0
    assert await world.stage.fetch("SELECT FROM recent_event WHERE subject_id = $1 AND subject_version < 2", case) == []


async def test_what_happened_longer_ago_is_removed(world):
    await some_days(world)
    world.clock.advance(seconds=RECENT.total_seconds() + 1)
    retention = Retention(entries=timedelta(90), deliveries=timedelta(90), letters=timedelta(90))
    await clean(world.stage.engine, retention, now=world.clock())
    assert await world.stage.fetch("SELECT FROM recent_event") == []


async def test_filters_are_changed_later_too(world, receiver, caller):
    lead = caller("lead-oslo")
    made = (await lead.post("/v1/endpoints", {"url": f"{receiver.url}/hook"})).json()
    at = f"/v1/endpoints/{made['id']}"
    changed = await lead.patch(at, {"case_types": ["place"], "themes": ["violence"]}, '"v1"')
    assert (changed.json()["case_types"], changed.json()["themes"]) == (["place"], ["violence"])
    await some_days(world)
    await world.deliver()
    types = sorted(one.document["type"] for one in receiver.received)
    assert types == [CLOSED, OPENED, "no.forkant.concern.received.v1"]


def ended(world, unit: str, *, days: int):
    data = UnitChanged(
        changed_unit=unit,
        kind=UnitKindCode.DISTRICT,
        change=UnitChange.ENDED,
        effective_on=(world.clock() + timedelta(days=days)).date(),
        reorganisation_id=uuid4(),
        successors=("oslo",),
    )
    return world.event(data, uuid4(), unit="pod")


@pytest.mark.parametrize("unit", ["troms", "troms/gde-tromso"])
async def test_an_endpoint_of_a_unit_that_ended_is_sent_nothing_and_is_switched_off(world, receiver, unit):
    gone, _ = await world.endpoint(f"{receiver.url}/gone", unit=unit, types=[OPENED])
    other, _ = await world.endpoint(f"{receiver.url}/other", unit="pod", national=True, types=[OPENED])
    await world.happen(ended(world, "troms", days=-1), world.event("opened", uuid4(), unit=unit))
    await world.deliver()
    assert [one.path for one in receiver.received] == ["/other"]
    [row] = await world.deliveries(gone)
    assert (row["status"], row["reason"]) == ("dead", "endpoint_disabled")
    reasons = await world.stage.fetch("SELECT id, disabled_reason FROM endpoint")
    assert {row["id"]: row["disabled_reason"] for row in reasons} == {gone: "unit_ended", other: None}
    told = [(e["kind"], e["unit"]) for e in await world.entries() if e["subject"] == "endpoint"]
    assert told == [("endpoint_disabled", unit), ("endpoint_disabled", "oslo")], "those who follow are told too"


async def test_a_unit_that_ends_later_is_served_until_then(world, receiver):
    await world.endpoint(f"{receiver.url}/hook", unit="troms", types=[OPENED])
    await world.happen(ended(world, "troms", days=2), world.event("opened", uuid4(), unit="troms"))
    await world.deliver()
    assert len(receiver.received) == 1
    world.clock.advance(days=3)
    await world.happen(world.event("opened", uuid4(), unit="troms"))
    await world.deliver()
    assert len(receiver.received) == 1


async def test_a_right_that_ends_between_the_event_and_its_delivery_counts(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook", unit="troms", types=[OPENED])
    await world.happen(world.event("opened", uuid4(), unit="troms"))
    await world.happen(ended(world, "troms", days=-1))
    await world.deliver()
    assert receiver.received == []
    changes = endpoints.Changes(enabled=True)
    await world.command(endpoints.change, world.context(unit="troms"), endpoint, version=2, changes=changes)
    await world.happen(world.event("opened", uuid4(), unit="troms"))
    await world.deliver()
    assert receiver.received == [], "switching it on again gives the right not back"
