import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from forkant_devstack.native import children, launch, ports
from forkant_devstack.process import DevstackError, ProcessSpec

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


async def test_a_start_that_fails_says_so_with_the_end_of_the_log(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    spec = ProcessSpec(name="broken", argv=("sh", "-c", "echo no such luck; exit 3"), ready=never)
    with pytest.raises(DevstackError, match="broken ended with exit code 3") as caught:
        await children.start(spec, log=tmp_path / "log")
    assert "no such luck" in caught.value.hint


async def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    child = children.spawn(ProcessSpec(name="missing", argv=("no-such-program",)), log=tmp_path / "log")
    assert child.process.wait(10) == 1
    assert "no-such-program: No such file or directory" in child.log.read_text()


async def test_stopping_kills_a_program_that_ignores_its_stop_signal(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )

    async def up() -> bool:
        return "up" in (tmp_path / "log").read_text()

    spec = ProcessSpec(name="stubborn", argv=(sys.executable, "-c", stubborn), ready=up, stop_deadline_s=0.2)
    child = await children.start(spec, log=tmp_path / "log")
    await children.stop(child)
    assert child.process.returncode == -signal.SIGKILL


def test_a_child_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    grandchild = [sys.executable, "-I", "-S", launch.__file__]
    parent = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([*{grandchild}, str(os.getpid()), '9', '-1', '-1', *{list(SLEEP)}])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        orphan = psutil.Process(int(process.stdout.readline()))
        wait_for(lambda: orphan.cmdline() == list(SLEEP))
        process.kill()
        wait_for(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_root_hands_a_program_to_an_unprivileged_user_without_groups(tmp_path: Path) -> None:
    spec = ProcessSpec(name="id", argv=("id",), uid=65534, gid=65534)
    child = children.spawn(spec, log=tmp_path / "log")
    assert child.process.wait(10) == 0
    said = child.log.read_text()
    assert said.startswith("uid=65534")
    assert "(root)" not in said


def test_a_port_in_use_names_its_holder() -> None:
    serve = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", serve], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            with pytest.raises(DevstackError, match=rf"port {port} \(kafka\) is held by pid {process.pid}: \S*python"):
                ports.require_free({"kafka": port, "postgres": ports.free_ports(1)[0]})
        finally:
            process.kill()


def test_free_ports_are_different_and_free() -> None:
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    assert all(map(ports.is_free, found))


def wait_for(condition, *, deadline_s: float = 10) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        os.sched_yield()
