"""The whole platform as `forkant up` runs it, on ports of the test's own."""

import asyncio
import json
import os
import signal
import urllib.request

import psutil
import pytest
from forkant_devstack.native.ports import free_ports
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.stack.services import SERVICES

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def ports():
    return dict(zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True))


@pytest.fixture
def up(ports):
    choices = [part for name, number in ports.items() for part in ("--port", f"{name}={number}")]
    return ["up", "--detach", "--no-demo", *choices]


@pytest.fixture
async def forkant_stopped(forkant):
    yield forkant
    await forkant("down")


async def test_the_platform_starts_in_the_background_is_seen_and_stops(forkant_stopped, up, ports):
    forkant = forkant_stopped

    started = await forkant(*up)
    assert started.code == 0, started.out + started.err
    assert "Forkant runs" in started.out
    assert f"http://127.0.0.1:{ports['indicator-api']}/dashboard" in started.out

    again = await forkant("up")
    assert (again.code, "already runs" in again.out) == (0, True)

    answer = await forkant("status", "--json")
    status = json.loads(answer.out)
    pids = [each["pid"] for each in status["processes"]]
    parts = {f"{service.name}-{part}" for service in SERVICES for part in ("api", "worker")}
    assert parts | {"postgres", "issuer"} <= {each["name"] for each in status["processes"]}
    assert status["phase"] == "running"
    assert status["unreachable"] == []
    assert {each["service"]: each["backlog"] for each in status["outboxes"]}["case"] == 0

    token = (await forkant("token", "--as", "officer-oslo")).out.strip()
    cases = await asyncio.to_thread(_get, f"http://127.0.0.1:{ports['case-api']}/v1/cases?limit=3", token)
    assert cases["items"] == []

    stopped = await forkant("down")
    assert (stopped.code, "is stopped" in stopped.out) == (0, True)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not (forkant.run_folder / "state.json").exists()


async def test_after_kill_9_of_the_supervisor_nothing_is_left_and_it_starts_again(forkant_stopped, up):
    forkant = forkant_stopped
    started = await forkant(*up)
    assert started.code == 0, started.out + started.err
    state = json.loads((forkant.run_folder / "state.json").read_text())
    family = psutil.Process(state["supervisor_pid"]).children(recursive=True)
    assert len(family) > len(state["processes"])  # PostgreSQL's own children too

    os.kill(state["supervisor_pid"], signal.SIGKILL)
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=30)
    assert alive == []

    again = await forkant(*up)
    assert again.code == 0, again.out + again.err


async def test_the_death_of_one_process_stops_the_platform(forkant_stopped, up):
    forkant = forkant_stopped
    started = await forkant(*up)
    assert started.code == 0, started.out + started.err
    state = json.loads((forkant.run_folder / "state.json").read_text())
    supervisor = psutil.Process(state["supervisor_pid"])
    victim = next(each["pid"] for each in state["processes"] if each["name"] == "indicator-worker")

    os.kill(victim, signal.SIGKILL)
    await asyncio.to_thread(supervisor.wait, 60)

    assert not any(psutil.pid_exists(each["pid"]) for each in state["processes"])
    log = (forkant.root / ".forkant" / "logs" / "supervisor.log").read_text()
    assert "indicator-worker ended unexpectedly with signal SIGKILL" in log


def _get(url: str, token: str):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)
