"""A case database that is set back behind what it published: that shows when it is opened as it is, and can be mended."""

import shutil

import pytest
from forkant_devstack.rehearse.scenes import cases_lost, indicators_lost
from forkant_devstack.rehearse.stage import set_stage

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.mark.skipif(shutil.which("java") is None, reason="Kafka's own jars need Java")
async def test_a_database_that_is_set_back_is_noticed_and_brought_back_by_the_how_to():
    async with set_stage(durable=False) as stage:
        await stage.servers["case"].back_up()
        seen = await cases_lost(stage, cases=2, wrongly_first=True)
    # The scene itself raises where verify is content too early, or not content in the end.
    assert seen.lost_changes >= 6
    said = "\n".join(seen.notes)
    assert "audit verify said: cut tail at position" in said
    assert "opened as it was, verify said: G3" in said
    assert "no reader is ahead of a case, a method or a unit" in said


@pytest.mark.skipif(shutil.which("java") is None, reason="Kafka's own jars need Java")
async def test_what_was_decided_about_a_pilot_and_lost_is_decided_again_and_taken():
    async with set_stage(durable=False) as stage:
        await stage.servers["indicator"].back_up()
        seen = await indicators_lost(stage, cases=2)
    # Here, too, the scene raises unless both services agree in the end about who takes part.
    assert seen.lost_changes >= 1
    assert "recover look: 1 " in "\n".join(seen.notes)
