import asyncio
from pathlib import Path

import pytest
from forkant_devstack.native.kafka import KafkaUnavailableError
from forkant_devstack.native.places import RunAs
from forkant_devstack.native.postgres import Postgres
from forkant_devstack.process import DevstackError
from forkant_devstack.stack import backends
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.services import SERVICES
from forkant_devstack.stack.stop_request import StopAskedError, StopRequest
from forkant_devstack.supervisor.report import Silent

SERVER = Postgres(bin=Path("/bin"), data=Path("/data"), run_as=RunAs(), password="x")


@pytest.fixture
def without_java(monkeypatch):
    def refuse(**_):
        raise KafkaUnavailableError("no Java is here", hint="install it")

    monkeypatch.setattr(backends, "prepare_kafka", refuse)
    monkeypatch.setattr(backends, "prepare_postgres", lambda **_: SERVER)


async def test_without_java_the_embedded_broker_is_taken_and_the_reason_kept(without_java, tmp_path):
    found = await backends.prepare_backends(layout=Layout(tmp_path), choice="auto", report=Silent())

    assert found.broker == "embedded"
    assert found.why_embedded == "no Java is here.\ninstall it"


async def test_without_java_an_explicit_kafka_is_refused(without_java, tmp_path):
    with pytest.raises(DevstackError, match="no Java"):
        await backends.prepare_backends(layout=Layout(tmp_path), choice="kafka", report=Silent())


async def test_jars_that_are_not_the_known_ones_never_fall_back(without_java, monkeypatch, tmp_path):
    def refuse(**_):
        raise DevstackError("Kafka's jars are not the ones we know")

    monkeypatch.setattr(backends, "prepare_kafka", refuse)
    with pytest.raises(DevstackError, match="not the ones we know"):
        await backends.prepare_backends(layout=Layout(tmp_path), choice="auto", report=Silent())


def test_a_broker_that_forgets_has_databases_of_its_own():
    names = {service.database(broker=broker) for service in SERVICES for broker in ("kafka", "embedded")}

    assert len(names) == 2 * len(SERVICES)


async def test_a_wish_to_stop_cancels_the_work_under_way():
    request, started = StopRequest(), asyncio.Event()

    async def work() -> None:
        started.set()
        await asyncio.Event().wait()

    waiting = asyncio.create_task(request.unless_asked(work()))
    await started.wait()
    request.hear()

    with pytest.raises(StopAskedError):
        await waiting


async def test_a_second_wish_to_stop_kills():
    killed = []
    request = StopRequest(at_once=lambda: killed.append(True))

    request.hear()
    assert killed == []
    request.hear()
    assert killed == [True]


async def test_work_that_ends_before_a_wish_to_stop_gives_its_result():
    async def work() -> int:
        return 7

    assert await StopRequest().unless_asked(work()) == 7
