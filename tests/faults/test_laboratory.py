"""Writers, relays and consumers as real processes, with faults in the midst of their work: the guarantees hold."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from forkant_devstack.faults.collect import conclude
from forkant_devstack.faults.injections import FAULTS
from forkant_devstack.faults.plants import PLANTS, run_plant
from forkant_devstack.faults.trial import Servers, running_trial
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.postgres_server import PostgresServer

# Several processes start in each of these tests, which takes its time on a busy machine.
pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(400)]

PLANT_SCRIPTS = Path(__file__).parent / "plants"
AROUND_THE_RELAY = (
    "kill: relay after ack",
    "relay stopped past its lease",
    "two owners of a lease",
    "a writer holds its transaction open",
)
AROUND_THE_CONSUMER = (
    "kill: consumer between commit and offset",
    "kill: writer after commit",
    "repeats and older versions on the topic",
    "poison, unknown type and oversize on the topic",
)


@pytest.fixture
def servers(devstack_folder: Path, postgres: PostgresServer, kafka: KafkaServer) -> Servers:
    return Servers(folder=devstack_folder / "faults", postgres=postgres, kafka=kafka)


@pytest.mark.parametrize("faults", [AROUND_THE_RELAY, AROUND_THE_CONSUMER], ids=["relay", "consumer"])
async def test_the_guarantees_hold_under_faults(servers: Servers, faults: Sequence[str]):
    async with running_trial(servers, name="short", seed=1, patience_s=90) as trial:
        for name in faults:
            await trial.load(20)
            await FAULTS[name].cause(trial)
        judgement = await conclude(trial)
    assert not judgement.findings, (judgement.findings[:5], trial.schedule.read_text())
    assert judgement.acknowledged > 100


@pytest.mark.parametrize("name", ["cursor over the sequence", "offset committed first"])
async def test_a_planted_bug_is_caught(servers: Servers, name: str):
    judgement = await run_plant(servers, name, scripts=PLANT_SCRIPTS, seed=1, changes=100)
    assert judgement.count(PLANTS[name].expected) > 0, judgement.findings[:5]


def test_each_planted_bug_has_its_script():
    assert {plant.script for plant in PLANTS.values()} == {path.name for path in PLANT_SCRIPTS.glob("*.py")}
