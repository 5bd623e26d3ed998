import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest
from forkant_devstack.process import DevstackError
from forkant_devstack.supervisor.graph import Job, Program, Step

DIAMOND = ("store", "left", "right", "top")


def diamond(bench):
    """Give two programs side by side between one below and one above."""
    return (
        Program(spec=bench.spec("top"), after=("left", "right")),
        Program(spec=bench.spec("left"), after=("store",)),
        Program(spec=bench.spec("right"), after=("store",)),
        Program(spec=bench.spec("store")),
    )


async def test_programs_start_after_what_they_wait_for(bench):
    async with bench.supervising(*diamond(bench)) as supervisor:
        await supervisor.start()

        lines = bench.lines()
        assert lines[0] == "started store"
        assert set(lines[1:3]) == {"started left", "started right"}
        assert lines[3] == "started top"


async def test_programs_stop_before_what_they_wait_for(bench):
    async with bench.supervising(*diamond(bench)) as supervisor:
        await supervisor.start()
        await supervisor.stop()

        lines = bench.lines()[4:]
        assert lines[0] == "stopped top"
        assert set(lines[1:3]) == {"stopped left", "stopped right"}
        assert lines[3] == "stopped store"
        assert not supervisor.running


async def test_a_program_that_ignores_the_stop_signal_is_killed_at_its_deadline(bench):
    async with bench.supervising(Program(spec=bench.spec("deaf", "deaf", stop_deadline_s=0.2))) as supervisor:
        await supervisor.start()
        pid = supervisor.running["deaf"].child.process.pid
        await supervisor.stop()

        assert not psutil.pid_exists(pid)
        assert bench.lines() == ["started deaf"]


async def test_a_job_has_ended_before_its_followers_start(bench):
    job = Job(spec=bench.spec("job", "done"))
    async with bench.supervising(job, Program(spec=bench.spec("after"), after=("job",))) as supervisor:
        await supervisor.start()

        assert bench.lines() == ["started job", "started after"]
        assert list(supervisor.running) == ["after"]


async def test_a_job_that_is_not_needed_is_left_out(bench):
    async def not_needed() -> bool:
        return False

    job = Job(spec=bench.spec("job", "done"), needed=not_needed)
    async with bench.supervising(job, Program(spec=bench.spec("after"), after=("job",))) as supervisor:
        await supervisor.start()

        assert bench.lines() == ["started after"]


async def test_a_failing_job_stops_the_start_with_its_last_words(bench):
    job = Job(spec=bench.spec("job", "broken"), after=("store",))
    nodes = (Program(spec=bench.spec("store")), job, Program(spec=bench.spec("after"), after=("job",)))
    async with bench.supervising(*nodes) as supervisor:
        with pytest.raises(DevstackError, match="job ended with exit code 1") as caught:
            await supervisor.start()
        await supervisor.stop()

    assert "something is missing" in caught.value.hint
    assert bench.lines() == ["started store", "started job", "stopped store"]


async def test_a_failing_step_stops_the_start(bench):
    async def refuse() -> None:
        raise DevstackError("no disk left")

    nodes = (Program(spec=bench.spec("store")), Step(name="prepare", run=refuse, after=("store",)))
    async with bench.supervising(*nodes) as supervisor:
        with pytest.raises(DevstackError, match="no disk left"):
            await supervisor.start()


async def test_a_program_that_dies_while_starting_fails_the_start_at_once(bench):
    async with bench.supervising(Program(spec=bench.spec("weak", "broken")), *diamond(bench)) as supervisor:
        with pytest.raises(DevstackError, match="weak ended unexpectedly with exit code 1") as caught:
            await _start_and_wait(supervisor)  # it may die just before or just after it is ready

    assert "something is missing" in caught.value.hint


async def test_the_death_of_one_is_told_with_its_last_words_and_the_others_can_be_stopped(bench):
    async with bench.supervising(*diamond(bench)) as supervisor:
        await supervisor.start()
        os.kill(supervisor.running["left"].child.process.pid, signal.SIGKILL)
        with pytest.raises(DevstackError, match="left ended unexpectedly with signal SIGKILL") as caught:
            await supervisor.wait()
        await supervisor.stop()

    assert "left says hello" in caught.value.hint
    assert bench.lines()[4:] == ["stopped top", "stopped right", "stopped store"]


async def test_what_a_dead_program_leaves_in_its_group_is_killed(bench):
    async with bench.supervising(Program(spec=bench.spec("parent", "forks"))) as supervisor:
        await supervisor.start()
        await bench.eventually(lambda: any("grandchild" in line for line in bench.lines()))
        grandchild = int(next(line.split()[1] for line in bench.lines() if "grandchild" in line))
        os.kill(supervisor.running["parent"].child.process.pid, signal.SIGKILL)
        with pytest.raises(DevstackError):
            await supervisor.wait()

        await bench.eventually(lambda: not _alive(grandchild))


async def test_what_is_known_late_reaches_the_environment(bench):
    found: dict[str, str] = {}

    async def learn() -> None:
        found["FORKANT_LATE"] = "29092"

    program = Program(spec=bench.spec("child"), after=("learn",), late_env=lambda: found)
    async with bench.supervising(program, Step(name="learn", run=learn)) as supervisor:
        await supervisor.start()

        process = psutil.Process(supervisor.running["child"].child.process.pid)
        assert process.environ()["FORKANT_LATE"] == "29092"


async def test_kill_9_of_the_supervisor_leaves_no_orphan(bench):
    driver = textwrap.dedent("""
        import asyncio, json, sys
        from pathlib import Path
        from forkant_devstack.process import ProcessSpec
        from forkant_devstack.supervisor.engine import Supervisor
        from forkant_devstack.supervisor.graph import Program
        from forkant_devstack.supervisor.report import Silent

        async def main(folder, argv):
            specs = [ProcessSpec(name=name, argv=(*argv, name, str(folder / "journal"), "deaf")) for name in "abc"]
            supervisor = Supervisor(nodes=[Program(spec=s) for s in specs], logs=folder / "logs", report=Silent())
            await supervisor.start()
            print(json.dumps([each.child.process.pid for each in supervisor.running.values()]), flush=True)
            await supervisor.wait()

        asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
    """)
    child = bench.spec("unused").argv[:4]
    with subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", driver, str(bench.folder), *child], stdout=subprocess.PIPE, text=True
    ) as process:
        pids = [int(part) for part in process.stdout.readline().strip("[]\n").split(",")]
        await bench.eventually(lambda: len(bench.lines()) == 3)
        process.kill()

    await bench.eventually(lambda: not any(_alive(pid) for pid in pids))


@pytest.mark.parametrize(
    ("first", "second"),
    [(("a", ("b",)), ("b", ("a",))), (("a", ()), ("a", ())), (("a", ("z",)), ("b", ()))],
    ids=["circle", "double name", "unknown name"],
)
async def test_a_plan_with_a_mistake_is_refused(bench, first, second):
    async def nothing() -> None:
        return

    steps = [Step(name=name, run=nothing, after=after) for name, after in (first, second)]
    with pytest.raises(ValueError, match="plan with"):
        async with bench.supervising(*steps):
            pass


async def _start_and_wait(supervisor):
    await supervisor.start()
    await supervisor.wait()


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
