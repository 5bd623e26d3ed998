"""`forkant compose` calls Compose with secrets of its own, and the other commands find what runs then."""

import json
import os
import stat
from pathlib import Path

import pytest
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.supervisor import state

DOCKER = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in *" up "*) exit {code};; esac
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Stand in for the engine, which few test machines have: it notes what it is asked."""
    log = tmp_path / "asked"

    def install(code: int = 0) -> Path:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir(exist_ok=True)
        program.write_text(DOCKER.format(log=log, code=code), encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        return log

    return install


async def test_the_platform_is_started_with_secrets_that_only_its_owner_reads(forkant, engine):
    log = engine()
    answer = await forkant("compose", "up", "--no-demo")

    assert answer.code == 0, answer.err
    file = forkant.root / ".forkant" / "compose.env"
    asked = log.read_text(encoding="utf-8").splitlines()[-1]
    assert asked.split() == [
        *("compose", "--file", str(forkant.root / "docker-compose.yml"), "--env-file", str(file)),
        *("--profile", "mail", "up", "--detach", "--wait", "--build"),
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"http://127.0.0.1:{DEFAULT_PORTS['indicator-api']}/dashboard" in answer.out
    assert "TOKEN=$(forkant token --as officer-oslo)" in answer.out
    kept = json.loads((forkant.root / ".forkant" / "secrets.json").read_text(encoding="utf-8"))
    assert kept["compose_postgres"] in file.read_text(encoding="utf-8")
    assert not any(secret in answer.out + answer.err for secret in kept.values())


async def test_telemetry_comes_with_it_when_it_is_asked_for(forkant, engine):
    log = engine()
    file = forkant.root / ".forkant" / "compose.env"
    await forkant("compose", "up", "--no-demo")
    assert "FORKANT_OTLP_ENDPOINT" not in file.read_text(encoding="utf-8")
    answer = await forkant("compose", "up", "--no-demo", "--telemetry")

    assert answer.code == 0, answer.err
    assert "--profile mail --profile telemetry up" in log.read_text(encoding="utf-8").splitlines()[-1]
    assert "FORKANT_OTLP_ENDPOINT=http://collector:4318\n" in file.read_text(encoding="utf-8")
    assert "Grafana: http://127.0.0.1:3000" in answer.out


async def test_the_secrets_stay_the_same_from_start_to_start(forkant, engine):
    engine()
    files = []
    for _ in range(2):
        await forkant("compose", "up", "--no-demo")
        files.append((forkant.root / ".forkant" / "compose.env").read_text(encoding="utf-8"))
    assert files[0] == files[1]


async def test_the_other_commands_find_what_runs_in_containers_until_it_is_taken_down(forkant, engine):
    log = engine()
    await forkant("compose", "up", "--no-demo")
    running = state.read(forkant.run_folder)
    assert (running.broker, running.ports) == ("kafka", DEFAULT_PORTS)
    assert running.issuer == f"http://127.0.0.1:{DEFAULT_PORTS['issuer']}/realms/forkant"

    refused = await forkant("down")
    assert refused.code == 1
    assert "forkant compose down" in refused.err
    answer = await forkant("compose", "down", "--volumes")
    assert answer.code == 0, answer.err
    assert (
        log.read_text(encoding="utf-8")
        .splitlines()[-1]
        .endswith("--profile demo --profile mail --profile telemetry down --volumes")
    )
    assert state.read(forkant.run_folder) is None


async def test_what_did_not_become_healthy_is_not_said_to_run(forkant, engine):
    engine(code=1)
    answer = await forkant("compose", "up", "--no-demo")
    assert answer.code == 1
    assert "docker compose up failed" in answer.err
    assert state.read(forkant.run_folder) is None


async def test_no_two_platforms_of_one_folder_run_at_once(forkant, engine):
    log = engine()
    with state.hold(forkant.run_folder):
        state.write(forkant.run_folder, state.new(broker="kafka", ports=DEFAULT_PORTS))
        answer = await forkant("compose", "up", "--no-demo")
    assert answer.code == 1
    assert "already runs without containers" in answer.err
    assert not log.exists()


async def test_a_machine_without_an_engine_is_told_what_it_needs(forkant, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = await forkant("compose", "up")
    assert answer.code == 1
    assert "no Docker engine answers" in answer.err
    assert "make up" in answer.err
