"""Who takes part in a pilot is told to the leads of the unit and the directorate's analysts, once each."""

from datetime import date
from uuid import uuid4

import pytest
from forkant_contracts.codes import CaseType
from forkant_contracts.events.steering import PilotEnded, PilotEnrolled, PilotWithdrawn

BASE = {"pilot": "online_communities", "districts": ("innlandet", "troms")}
ENROLLED = PilotEnrolled(
    **BASE,
    case_types=(CaseType.ONLINE_COMMUNITY,),
    baseline_from=date(2025, 1, 1),
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 12, 31),
)
WITHDRAWN = PilotWithdrawn(**BASE, last_day=date(2026, 6, 30))
ENDED = PilotEnded(**BASE, last_day=date(2026, 6, 30))


async def inbox_of(caller, persona):
    return (await caller(persona).get("/v1/inbox")).json()["items"]


@pytest.mark.parametrize(("data", "kind"), [(ENROLLED, "pilot_enrolled"), (WITHDRAWN, "pilot_withdrawn")])
async def test_leads_of_the_unit_and_analysts_of_the_directorate_are_told(world, caller, case_service, data, kind):
    pilot = uuid4()
    event = world.event(data, pilot, unit="troms")
    for _repeated in range(2):
        await world.happen(event)
    for persona in ("lead-troms", "pod-analyst"):
        [item] = await inbox_of(caller, persona)
        assert (item["kind"], item["subject"], item["subject_id"]) == (kind, "pilot", str(pilot))
        assert "Troms" in item["text"]["nb"]
    for persona in ("officer-troms", "analyst-troms", "lead-innlandet", "pod-privacy"):
        assert await inbox_of(caller, persona) == []
    assert case_service.asked == []


async def test_that_a_pilot_was_ended_is_told_to_all_who_take_part_and_to_nobody_else(world, caller):
    await world.happen(world.event(ENDED, uuid4(), unit="pod"))
    for persona in ("lead-troms", "lead-innlandet", "pod-analyst"):
        assert [item["kind"] for item in await inbox_of(caller, persona)] == ["pilot_ended"]
    for persona in ("lead-oslo", "officer-troms"):
        assert await inbox_of(caller, persona) == []


async def test_the_systems_of_a_unit_hear_of_its_pilots_alone(world, receiver):
    troms, _ = await world.endpoint(f"{receiver.url}/troms", unit="troms")
    oslo, _ = await world.endpoint(f"{receiver.url}/oslo", unit="oslo")
    await world.happen(world.event(ENROLLED, uuid4(), unit="troms"))
    await world.happen(world.event(ENDED, uuid4(), unit="pod"))
    assert [len(await world.deliveries(each)) for each in (troms, oslo)] == [2, 0]
