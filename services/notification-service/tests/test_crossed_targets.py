"""A crossed limit of a target is told to the leads of the unit and the directorate's analysts, once each."""

from datetime import date
from uuid import uuid4

import pytest
from forkant_contracts.codes import Movement, PeriodKind, TargetBand
from forkant_contracts.events.steering import IndicatorThresholdCrossed

TARGET = uuid4()
CROSSED = IndicatorThresholdCrossed(
    indicator=10,
    period_kind=PeriodKind.ROLLING_12,
    period_start=date(2026, 1, 1),
    movement=Movement.DOWN,
    from_band=TargetBand.MET,
    to_band=TargetBand.MISSED,
    definition_version=1,
    target_version=2,
    target_id=TARGET,
)
NATIONAL = CROSSED.model_copy(update={"national": True})


async def inbox_of(caller, persona):
    return (await caller(persona).get("/v1/inbox")).json()["items"]


async def test_leads_of_the_unit_and_analysts_of_the_directorate_are_told_and_nobody_is_asked(
    world, caller, case_service
):
    await world.happen(world.event(CROSSED, uuid4(), unit="oslo"))
    for persona in ("lead-oslo", "pod-analyst"):
        [item] = await inbox_of(caller, persona)
        assert (item["kind"], item["subject"], item["subject_id"]) == ("threshold_crossed", "target", str(TARGET))
        assert "Oslo" in item["text"]["nb"]
    for persona in ("officer-oslo", "analyst-oslo", "lead-troms", "pod-privacy"):
        assert await inbox_of(caller, persona) == []
    assert case_service.asked == []


async def test_of_the_national_figure_the_directorate_alone_is_told_once(world, caller):
    await world.happen(world.event(NATIONAL, uuid4(), unit="pod"))
    assert [(row["unit"], row["about_unit"]) for row in await world.entries()] == [("pod", None)]
    assert len(await inbox_of(caller, "pod-analyst")) == 1


async def test_a_repeated_crossing_is_told_once_and_the_next_one_again(world, caller):
    watch = uuid4()
    first = world.event(CROSSED, watch, unit="oslo")
    await world.happen(first)
    await world.happen(first)
    assert len(await inbox_of(caller, "lead-oslo")) == 1
    await world.happen(world.event(CROSSED, watch, unit="oslo", version=2))
    assert len(await inbox_of(caller, "lead-oslo")) == 2


async def test_it_is_sent_to_the_systems_of_the_unit_without_a_word_of_the_figure(world, receiver):
    own, _ = await world.endpoint(f"{receiver.url}/own", unit="oslo")
    other, _ = await world.endpoint(f"{receiver.url}/other", unit="troms")
    await world.happen(world.event(CROSSED, uuid4(), unit="oslo"))
    assert [len(await world.deliveries(each)) for each in (own, other)] == [1, 0]
    await world.deliver()
    [letter] = receiver.at("/own")
    assert letter.document["data"]["subject_id"] == str(TARGET)
    assert not {"missed", "rolling_12", "down"} & set(letter.body.decode().split('"'))


async def test_whoever_answers_for_the_endpoint_sees_what_was_sent(world, caller, receiver, case_service):
    await world.endpoint(f"{receiver.url}/hook")
    await world.happen(world.event(CROSSED, uuid4(), unit="oslo"))
    case_service.hide("lead-oslo", TARGET)
    shown = (await caller("lead-oslo").get("/v1/deliveries")).json()["items"]
    assert [item["subject_id"] for item in shown] == [str(TARGET)]


@pytest.mark.parametrize("without", [CROSSED.model_copy(update={"target_id": None})])
async def test_one_that_names_no_target_is_told_as_its_watch(world, caller, without):
    watch = uuid4()
    await world.happen(world.event(without, watch, unit="oslo"))
    [item] = await inbox_of(caller, "lead-oslo")
    assert item["subject_id"] == str(watch)
