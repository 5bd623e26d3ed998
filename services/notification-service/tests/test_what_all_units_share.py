"""Methods and examples of best practice are told to every unit, and are about no case that need be seen."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from asyncpg import CheckViolationError
from forkant_contracts.codes import (
    Arena,
    CaseType,
    Effect,
    MeasureKind,
    Theme,
    TransferReason,
    UnitChange,
    UnitKindCode,
)
from forkant_contracts.events.case import CaseTransferred
from forkant_contracts.events.catalogue import BestPracticePublished, MethodPublished, MethodRetired, UnitChanged
from forkant_contracts.units import CASE_UNITS

EXAMPLE = BestPracticePublished(
    theme=Theme.FRAUD,
    case_type=CaseType.PHENOMENON,
    arena=Arena.PHYSICAL,
    measure_kind=MeasureKind.SITUATIONAL_MEASURE,
    effect=Effect.ACHIEVED,
)
METHOD = MethodPublished(
    method="home_visit",
    method_version=2,
    measure_kind=MeasureKind.HOME_VISIT,
    standardised=True,
    steps=1,
    mandatory_steps=1,
    valid_from=date(2026, 1, 1),
)
RETIRED = MethodRetired(method="home_visit", retired_from=date(2026, 1, 1))
CHANGED = UnitChanged(
    changed_unit="sor",
    kind=UnitKindCode.DISTRICT,
    change=UnitChange.ESTABLISHED,
    effective_on=date(2027, 1, 1),
    reorganisation_id=UUID(int=1),
    predecessors=("agder", "sor-vest"),
)
SHARED = [
    (EXAMPLE, "sor-ost", "best_practice_published", "best_practice", "Sør-Øst"),
    (METHOD, "pod", "method_published", "method", "Politidirektoratet"),
    (RETIRED, "pod", "method_retired", "method", "Politidirektoratet"),
    (CHANGED, "pod", "unit_changed", "unit", "Politidirektoratet"),
]


@pytest.mark.parametrize("told", SHARED, ids=[each[2] for each in SHARED])
async def test_it_is_in_the_inbox_of_those_who_work_with_cases_in_every_unit_and_nobody_is_asked(
    world, caller, case_service, told
):
    (data, unit, kind, subject, name), about = told, uuid4()
    await world.happen(world.event(data, about, unit=unit))
    assert sorted(row["unit"] for row in await world.entries()) == sorted(CASE_UNITS)
    for persona in ("officer-oslo", "lead-troms", "officer-sor-ost", "officer-kripos"):
        [item] = (await caller(persona).get("/v1/inbox")).json()["items"]
        assert (item["kind"], item["subject"], item["subject_id"]) == (kind, subject, str(about))
        assert name in item["text"]["nb"]
    assert (await caller("analyst-oslo").get("/v1/inbox")).json()["items"] == []
    assert case_service.asked == []


async def test_events_of_a_unit_that_this_release_does_not_know_are_told_to_its_people(world, caller):
    case, moved = uuid4(), uuid4()
    transferred = CaseTransferred(from_unit="oslo", reason=TransferReason.REORGANISATION)
    await world.happen(world.event("opened", case, unit="sor"), world.event("opened", moved, unit="oslo"))
    await world.happen(world.event(transferred, moved, unit="sor", version=2))
    rows = {(row["kind"], row["unit"]) for row in await world.entries()}
    assert rows == {("case_opened", "sor")}, "what went with its unit is told of no more, there or here"
    lead = caller("lead-oslo", unit="sor")
    [item] = (await lead.get("/v1/inbox")).json()["items"]
    assert (item["subject_id"], item["unit"]) == (str(case), "sor")


async def test_a_consumer_that_starts_over_tells_nobody_again(world):
    event = world.event(EXAMPLE, uuid4(), unit="sor-ost")
    await world.happen(event)
    await world.happen(event)
    assert len(await world.entries()) == len(CASE_UNITS)


async def test_it_is_sent_to_the_systems_of_every_unit_that_did_not_ask_for_others_alone(world, receiver):
    own, _ = await world.endpoint(f"{receiver.url}/own", unit="troms")
    narrowed, _ = await world.endpoint(f"{receiver.url}/narrow", unit="troms", units=["troms"])
    other, _ = await world.endpoint(f"{receiver.url}/other", unit="troms", types=["no.forkant.case.opened.v1"])
    await world.happen(world.event(EXAMPLE, uuid4(), unit="sor-ost"))
    assert [len(await world.deliveries(each)) for each in (own, narrowed, other)] == [1, 0, 0]
    await world.deliver()
    [letter] = receiver.at("/own")
    assert letter.document["data"]["unit"] == "sor-ost"
    assert "fraud" not in letter.body.decode()


async def test_a_case_is_still_sent_to_none_but_the_systems_of_its_unit_when_it_comes_beside(world, receiver):
    own, _ = await world.endpoint(f"{receiver.url}/own", unit="troms")
    await world.happen(world.event(EXAMPLE, uuid4(), unit="sor-ost"), world.event("opened", uuid4(), unit="oslo"))
    assert [row["event_type"] for row in await world.deliveries(own)] == ["no.forkant.best-practice.published.v1"]


async def test_the_log_shows_what_was_sent_about_it_to_whoever_answers_for_the_endpoint(
    world, caller, receiver, case_service
):
    about, case = uuid4(), uuid4()
    await world.endpoint(f"{receiver.url}/hook")
    await world.happen(world.event(METHOD, about, unit="pod"), world.event("opened", case))
    case_service.hide("lead-oslo", about, case)
    await world.stage.fetch("UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now()")
    lead = caller("lead-oslo")
    shown = (await lead.get("/v1/dead-letters")).json()["items"]
    assert {item["subject_id"] for item in shown} == {str(about), None}
    [letter] = [item for item in shown if item["subject_id"]]
    again = await lead.post(f"/v1/dead-letters/{letter['id']}/replay")
    assert (again.status_code, again.json()["subject_id"]) == (202, str(about))


async def test_no_message_about_a_case_passes_for_one_about_what_all_share(world):
    await world.happen(world.event(EXAMPLE, uuid4(), unit="sor-ost"))
    with pytest.raises(CheckViolationError, match="inbox_entry_shared"):
        await world.stage.fetch("UPDATE inbox_entry SET needs = 'now'")
