import json
import os
import re
import socket
import stat
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.ports import DEFAULT_PORTS, choose_ports
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.supervisor import state


@pytest.fixture
def running(forkant):
    """Pretend that this process is the supervisor of a platform that runs."""
    with state.hold(forkant.run_folder) as alone:
        assert alone
        platform = replace(state.new(broker="kafka", ports=DEFAULT_PORTS), phase="running")
        state.write(forkant.run_folder, platform)
        yield platform


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "compose",
        "down",
        "demo",
        "status",
        "logs",
        "token",
        "verify",
        "mail",
        "webhook",
        "parked",
        "republish",
        "keys",
        "erasure",
        "audit",
        "contracts",
        "faults",
        "doctor",
        "reset",
    ],
)
async def test_every_command_explains_itself(forkant, command):
    answer = await forkant(command, "--help")

    assert answer.code == 0
    assert f"forkant {command}" in answer.out


async def test_the_list_of_commands_tells_what_each_does(forkant):
    answer = await forkant("--help")

    assert answer.code == 0
    assert "Start everything on this machine" in answer.out


async def test_up_names_the_holder_of_a_taken_port(forkant):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = await forkant("up", "--port", f"case-api={port}", "--broker", "embedded")

    assert answer.code == 1
    assert f"port {port} (case-api) is held by pid {os.getpid()}: " in answer.err
    assert "Traceback" not in answer.err
    assert not (forkant.root / ".forkant" / "postgres").exists()


async def test_a_second_up_says_that_the_platform_runs(forkant, running):
    answer = await forkant("up")

    assert answer.code == 0
    assert f"already runs (pid {os.getpid()}): http://127.0.0.1:8002/dashboard" in answer.out


async def test_a_second_up_while_the_first_still_starts_fails(forkant, running):
    state.write(forkant.run_folder, replace(running, phase="starting"))

    answer = await forkant("up")

    assert answer.code == 1
    assert "just starting or stopping" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("token", "--as", "officer-oslo"),
        ("verify",),
        ("mail", "list"),
        ("webhook", "listen"),
        ("parked", "list"),
        ("republish", "--since", "2026-01-01"),
    ],
)
async def test_what_needs_a_running_platform_says_how_to_start_it(forkant, arguments):
    answer = await forkant(*arguments)

    assert answer.code == 3
    assert "not running" in answer.err
    assert "make up" in answer.err


async def test_a_state_file_that_a_killed_supervisor_left_counts_as_not_running(forkant, running):
    text = (forkant.run_folder / "state.json").read_text()
    other = forkant.root / "other"
    (other / ".forkant" / "run").mkdir(parents=True)
    (other / ".forkant" / "run" / "state.json").write_text(text)

    answer = await type(forkant)(other)("status")

    assert answer.code == 3


async def test_down_without_a_platform_is_fine(forkant):
    answer = await forkant("down")

    assert answer.code == 0
    assert "not running" in answer.out


async def test_token_prints_only_the_token(forkant, running, issuer):
    port = urlsplit(issuer.url).port
    state.write(forkant.run_folder, replace(running, ports={**DEFAULT_PORTS, "issuer": port}))

    answer = await forkant("token", "--as", "officer-oslo")

    assert answer.code == 0
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", answer.out)


async def test_token_for_an_unknown_persona_names_known_ones(forkant, running, issuer):
    port = urlsplit(issuer.url).port
    state.write(forkant.run_folder, replace(running, ports={**DEFAULT_PORTS, "issuer": port}))

    answer = await forkant("token", "--as", "nobody")

    assert answer.code == 1
    assert "officer-oslo" in answer.err


async def test_status_for_machines_names_databases_that_do_not_answer(forkant, running):
    state.write(forkant.run_folder, replace(running, ports={**DEFAULT_PORTS, "postgres": 1}))

    answer = await forkant("status", "--json")

    assert answer.code == 0
    assert json.loads(answer.out)["unreachable"] == [
        f"the database of {n}" for n in ("case", "indicator", "notification")
    ]


async def test_logs_shows_the_last_lines_of_the_named_process(forkant):
    folder = forkant.root / ".forkant" / "logs"
    folder.mkdir(parents=True)
    (folder / "case-api.log").write_text("one\ntwo\nthree\n")
    (folder / "kafka.log").write_text("other\n")

    answer = await forkant("logs", "case-api", "-n", "2")

    assert [line.split() for line in answer.out.splitlines()] == [["case-api", "two"], ["case-api", "three"]]


async def test_logs_of_an_unknown_process_names_the_known_ones(forkant):
    folder = forkant.root / ".forkant" / "logs"
    folder.mkdir(parents=True)
    (folder / "kafka.log").write_text("other\n")

    answer = await forkant("logs", "kafak")

    assert answer.code == 1
    assert "kafka" in answer.err


async def test_reset_asks_and_keeps_everything_on_no(forkant):
    log = forkant.root / ".forkant" / "logs" / "kafka.log"
    log.parent.mkdir(parents=True)
    log.write_text("kept\n")

    answer = await forkant("reset", answer="n\n")

    assert answer.code == 1
    assert log.exists()


async def test_reset_deletes_all_but_the_tools(forkant):
    folder = forkant.root / ".forkant"
    for name in ("logs/kafka.log", "tools/bin/uv", "secrets.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")

    answer = await forkant("reset", "--yes")

    assert answer.code == 0
    assert [path.name for path in folder.iterdir()] == ["tools"]


@pytest.mark.parametrize("choice", ["case-api", "nothing=8001", "case-api=x", "case-api=70000", "case-api=8002"])
def test_a_port_choice_that_makes_no_sense_is_refused(choice):
    with pytest.raises(DevstackError) as caught:
        choose_ports([choice])

    assert caught.value.exit_code == 2


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path):
    store = SecretStore(tmp_path / "secrets.json")
    first = store.get("forkant_case_app")

    assert SecretStore(store.path).get("forkant_case_app") == first
    assert store.get("forkant_case_owner") != first
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_damaged_file_of_secrets_says_what_to_do(tmp_path):
    path = tmp_path / "secrets.json"
    path.write_text("{")

    with pytest.raises(DevstackError, match="damaged"):
        SecretStore(path).get("x")
