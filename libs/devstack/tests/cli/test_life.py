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
from forkant_devstack.stack.services import AUDITED, SERVICES

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
    await forkant("reset", "--yes")


async def test_the_platform_starts_is_seen_survives_a_killed_supervisor_and_stops(forkant_stopped, up, ports):
    forkant = forkant_stopped

    started = await forkant(*up)
    assert started.code == 0, started.out + started.err
    assert "Forkant runs" in started.out
    assert f"http://127.0.0.1:{ports['indicator-api']}/dashboard" in started.out
    await _check_what_is_seen(forkant, ports)

    state = json.loads((forkant.run_folder / "state.json").read_text())
    family = psutil.Process(state["supervisor_pid"]).children(recursive=True)
    assert len(family) > len(state["processes"])  # PostgreSQL's own children too
    os.kill(state["supervisor_pid"], signal.SIGKILL)
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=30)
    assert alive == []

    again = await forkant(*up)
    assert again.code == 0, again.out + again.err
    pids = [each["pid"] for each in json.loads((forkant.run_folder / "state.json").read_text())["processes"]]
    stopped = await forkant("down")
    assert (stopped.code, "is stopped" in stopped.out) == (0, True)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not (forkant.run_folder / "state.json").exists()


async def _check_what_is_seen(forkant, ports) -> None:
    second = await forkant("up")
    assert (second.code, "already runs" in second.out) == (0, True)

    status = json.loads((await forkant("status", "--json")).out)
    parts = {f"{service.name}-{part}" for service in SERVICES for part in ("api", "worker")}
    assert parts | {"postgres", "issuer", "mail"} <= {each["name"] for each in status["processes"]}
    assert status["phase"] == "running"
    assert status["unreachable"] == []
    assert {each["service"]: each["backlog"] for each in status["outboxes"]}["case"] == 0
    assert {each["service"] for each in status["trails"]} == {service.name for service in AUDITED}

    token = (await forkant("token", "--as", "officer-oslo")).out.strip()
    cases = await asyncio.to_thread(_get, f"http://127.0.0.1:{ports['case-api']}/v1/cases?limit=3", token)
    assert cases["items"] == []

    mails = await forkant("mail", "list")
    assert (mails.code, mails.out) == (0, "Nothing was sent yet.\n")

    trails = await forkant("audit", "verify")
    assert trails.code == 0, trails.out + trails.err
    assert all(f"{service.name}: the chain holds" in trails.out for service in AUDITED)


def _get(url: str, token: str):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)
