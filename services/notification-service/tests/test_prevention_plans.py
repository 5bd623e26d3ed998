"""An approved prevention plan, a missing one and one that ends soon are told to who steers, once each."""

from datetime import date
from uuid import uuid4

import pytest
from forkant_contracts.codes import PlanDueReason
from forkant_contracts.events.steering import PlanApproved, PlanDue

PLAN = uuid4()
APPROVED = PlanApproved(
    valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31), goals=3, goals_with_target=1, indicators=(5, 10)
)
MISSING = PlanDue(reason=PlanDueReason.MISSING, on=date(2026, 3, 1))
ENDING = PlanDue(reason=PlanDueReason.ENDING, on=date(2026, 3, 1), last_day=date(2026, 4, 1), plan_id=PLAN)


async def inbox_of(caller, persona):
    return (await caller(persona).get("/v1/inbox")).json()["items"]


@pytest.mark.parametrize(("data", "kind"), [(APPROVED, "prevention_plan_approved"), (ENDING, "prevention_plan_ending")])
async def test_leads_of_the_unit_and_analysts_of_the_directorate_are_told_and_nobody_is_asked(
    world, caller, case_service, data, kind
):
    await world.happen(world.event(data, PLAN if data is APPROVED else uuid4(), unit="oslo"))
    for persona in ("lead-oslo", "pod-analyst"):
        [item] = await inbox_of(caller, persona)
        assert (item["kind"], item["subject"], item["subject_id"]) == (kind, "prevention_plan", str(PLAN))
        assert "Oslo" in item["text"]["nb"]
    for persona in ("officer-oslo", "analyst-oslo", "lead-troms", "pod-privacy"):
        assert await inbox_of(caller, persona) == []
    assert case_service.asked == []


async def test_a_missing_plan_is_told_as_its_watch_once_for_each_of_its_events(world, caller):
    watch = uuid4()
    first = world.event(MISSING, watch, unit="finnmark")
    for _ in range(2):
        await world.happen(first)
    [item] = await inbox_of(caller, "lead-finnmark")
    assert (item["kind"], item["subject_id"]) == ("prevention_plan_missing", str(watch))
    [told] = await inbox_of(caller, "pod-analyst")
    assert told["about_unit"] == "finnmark"
    await world.happen(world.event(MISSING, watch, unit="finnmark", version=2))
    assert len(await inbox_of(caller, "lead-finnmark")) == 2


async def test_a_reason_of_a_later_release_is_told_to_nobody(world, caller):
    later = MISSING.model_copy(update={"reason": PlanDueReason.UNKNOWN})
    await world.happen(world.event(later, uuid4(), unit="oslo"))
    assert await inbox_of(caller, "lead-oslo") == []


async def test_it_is_sent_to_the_systems_of_the_unit_alone(world, receiver):
    own, _ = await world.endpoint(f"{receiver.url}/own", unit="oslo")
    other, _ = await world.endpoint(f"{receiver.url}/other", unit="troms")
    await world.happen(world.event(APPROVED, PLAN, unit="oslo"))
    assert [len(await world.deliveries(each)) for each in (own, other)] == [1, 0]
    await world.deliver()
    [letter] = receiver.at("/own")
    assert letter.document["data"]["subject_id"] == str(PLAN)
