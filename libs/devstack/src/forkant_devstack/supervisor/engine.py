"""The supervisor: starts a plan as parallel as its dependencies allow, watches it, stops it in reverse order.

Everything happens in the event loop's thread: the kernel ties a child's life to the thread that forked it.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forkant_devstack.native import children
from forkant_devstack.process import DevstackError, ProcessSpec
from forkant_devstack.supervisor import logs
from forkant_devstack.supervisor.exits import exit_code
from forkant_devstack.supervisor.graph import Job, Node, Program, check_order, dependents
from forkant_devstack.supervisor.report import Reporter

_PROBE_EVERY_S = 0.05
_PULSE_EVERY_S = 0.1
_SHORTEN_EVERY_S = 30.0
_SHOWN_LINES = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A child that runs, since when (Unix time), and the task that ends with it."""

    child: children.Child
    started_at: float
    ended: asyncio.Task[int]

    @property
    def pid(self) -> int:
        """Its process number."""
        return self.child.process.pid

    @property
    def ports(self) -> tuple[int, ...]:
        """Where it listens."""
        return self.child.spec.ports


class Supervisor:
    """Runs one plan once: `start`, then `wait`, then `stop`, the last one whatever happened before."""

    def __init__(
        self, *, nodes: Sequence[Node], logs: Path, report: Reporter, changed: Callable[[], None] = lambda: None
    ) -> None:
        check_order(nodes)
        self._nodes = {node.name: node for node in nodes}
        self._dependents = dependents(nodes)
        self._logs = logs
        self._report = report
        self._changed = changed
        self._running: dict[str, Running] = {}
        self._stopping = False
        self._death: asyncio.Future[DevstackError] = asyncio.get_running_loop().create_future()

    @property
    def running(self) -> Mapping[str, Running]:
        """The children that run now, by name, in the order of their start."""
        return self._running

    async def start(self) -> None:
        """Start everything; on the first failure leave what runs to `stop` and raise."""
        ready = {name: asyncio.Event() for name in self._nodes}
        tasks: set[asyncio.Future[Any]] = {
            asyncio.create_task(self._start_in_turn(node, ready)) for node in self._nodes.values()
        }
        pulse = asyncio.create_task(self._pulse())
        try:
            while tasks and not self._death.done():
                done, tasks = await asyncio.wait({*tasks, self._death}, return_when=asyncio.FIRST_COMPLETED)
                tasks.discard(self._death)
                for task in done - {self._death}:
                    task.result()
        finally:
            await _cancel(*tasks, pulse)
        if self._death.done():
            raise self._death.result()

    async def wait(self) -> None:
        """Wait for the first death of a program nobody stopped, and raise with its last words."""
        while not self._death.done():
            await asyncio.wait({self._death}, timeout=_SHORTEN_EVERY_S)
            for running in self._running.values():
                logs.shorten(running.child.log)
        raise self._death.result()

    async def stop(self, *, report: Reporter | None = None) -> None:
        """Stop every child after all that depend on it; each within its deadline, then killed."""
        self._stopping = True
        self._report = report or self._report
        stopped = {name: asyncio.Event() for name in self._nodes}
        pulse = asyncio.create_task(self._pulse())
        try:
            await asyncio.gather(*(self._stop_in_turn(name, stopped) for name in reversed(self._nodes)))
        finally:
            await _cancel(pulse)

    def kill(self) -> None:
        """End every child at once; `stop` still has to be awaited."""
        for running in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)

    async def _start_in_turn(self, node: Node, ready: Mapping[str, asyncio.Event]) -> None:
        for name in node.after:
            await ready[name].wait()
        self._report.started(node.name)
        try:
            match node:
                case Program(spec=spec, late_env=late_env):
                    await self._start_program(replace(spec, env={**spec.env, **late_env()}))
                case Job(spec=spec, needed=needed):
                    if needed is None or await needed():
                        await self._run_job(spec)
                case _:
                    await node.run()
        except DevstackError:
            self._report.failed(node.name)
            raise
        self._report.done(node.name)
        ready[node.name].set()

    async def _start_program(self, spec: ProcessSpec) -> None:
        running = self._spawn(spec, on_end=self._program_ended)
        deadline = time.monotonic() + spec.ready_deadline_s
        while not (spec.ready is None or await spec.ready()):
            await asyncio.wait({running.ended}, timeout=_PROBE_EVERY_S)
            if running.ended.done():
                await asyncio.Event().wait()  # its death has been told; whoever hears of it cancels this
            if time.monotonic() > deadline:
                raise self._failure(spec, f"was not ready after {spec.ready_deadline_s:.0f} s", running.child.log)

    async def _run_job(self, spec: ProcessSpec) -> None:
        running = self._spawn(spec, on_end=lambda _, __: None)
        try:
            code = await asyncio.wait_for(asyncio.shield(running.ended), spec.ready_deadline_s)
        except TimeoutError as error:
            raise self._failure(spec, f"did not end in {spec.ready_deadline_s:.0f} s", running.child.log) from error
        if code != 0:
            raise self._failure(spec, f"ended with {_cause(code)}", running.child.log)

    def _spawn(self, spec: ProcessSpec, *, on_end: Callable[[ProcessSpec, int], None]) -> Running:
        child = children.spawn(spec, log=logs.fresh(self._logs, spec.name))
        ended = asyncio.create_task(self._watch(child, on_end))
        self._running[spec.name] = Running(child=child, started_at=time.time(), ended=ended)
        self._changed()
        return self._running[spec.name]

    async def _watch(self, child: children.Child, on_end: Callable[[ProcessSpec, int], None]) -> int:
        code = await exit_code(child.process)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)  # what it may have left behind in its group
        del self._running[child.spec.name]
        self._changed()
        on_end(child.spec, code)
        return code

    def _program_ended(self, spec: ProcessSpec, code: int) -> None:
        if not self._stopping and not self._death.done():
            self._report.failed(spec.name)
            log = self._logs / f"{spec.name}.log"
            self._death.set_result(self._failure(spec, f"ended unexpectedly with {_cause(code)}", log))

    async def _stop_in_turn(self, name: str, stopped: Mapping[str, asyncio.Event]) -> None:
        for dependent in self._dependents[name]:
            await stopped[dependent].wait()
        running = self._running.get(name)
        if running is not None:
            self._report.started(name)
            await _end(running)
            self._report.done(name)
        stopped[name].set()

    async def _pulse(self) -> None:
        while True:
            self._report.pulse()
            await asyncio.sleep(_PULSE_EVERY_S)

    def _failure(self, spec: ProcessSpec, what: str, log: Path) -> DevstackError:
        lines = logs.last_lines(log, _SHOWN_LINES)
        shown = "\n".join(f"  {line}" for line in lines) if lines else "  (it wrote nothing)"
        return DevstackError(f"{spec.name} {what}", hint=f"the end of {log}:\n{shown}")


async def _end(running: Running) -> None:
    spec = running.child.spec
    with contextlib.suppress(ProcessLookupError):
        running.child.process.send_signal(spec.stop_signal)
    await asyncio.wait({running.ended}, timeout=spec.stop_deadline_s)
    if not running.ended.done():
        await children.kill(running.child)
        await running.ended


def _cause(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
