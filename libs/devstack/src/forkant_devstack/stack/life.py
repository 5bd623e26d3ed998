"""One life of the platform: check, prepare, start, fill when empty, run until asked to stop, stop."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import psutil
from rich.console import Console

from forkant_devstack.native import embedded
from forkant_devstack.native.ports import require_free
from forkant_devstack.stack import first_demo
from forkant_devstack.stack.backends import Backends, BrokerChoice, prepare_backends
from forkant_devstack.stack.banner import show_banner
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.plan import Platform, plan
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES, database_urls
from forkant_devstack.stack.stop_request import StopAskedError, StopRequest, hearing_signals
from forkant_devstack.supervisor import state
from forkant_devstack.supervisor.engine import Supervisor
from forkant_devstack.supervisor.report import TerminalReporter

_KILLED_BY_HAND = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What `forkant up` was asked for."""

    ports: dict[str, int]
    broker: BrokerChoice = "auto"
    demo: bool = True


class Life:
    """A platform from `run`'s start to its end; it holds the lock on the state folder meanwhile."""

    def __init__(self, *, layout: Layout, options: UpOptions, console: Console, ready: Callable[[], None]) -> None:
        self._layout = layout
        self._options = options
        self._console = console
        self._ready = ready
        self._state = state.new(broker=options.broker, ports=options.ports)
        self._supervisor: Supervisor | None = None
        self._began = time.monotonic()

    async def run(self) -> None:
        """Run until asked to stop; `ready` is called once the banner is shown.

        Raises:
            DevstackError: a port is taken, something can't be had, a program did not start or died.
        """
        left = await asyncio.to_thread(state.clear_leftovers, self._layout.run)
        if left:
            self._console.print(f"The last supervisor was killed; {left} of its processes had still to end.")
        require_free(self._ports_to_check())
        self._tell()
        with hearing_signals() as request:
            try:
                platform = await self._start(request)
                await request.unless_asked(self._fill_and_show(platform))
                await request.unless_asked(self._watch())
            except StopAskedError:
                self._console.print("\nStopping (Ctrl-C again kills everything at once)")
            finally:
                await self._stop()

    async def _start(self, request: StopRequest) -> Platform:
        with TerminalReporter(self._console) as report:
            request.at_once = _leave_at_once
            preparing = prepare_backends(layout=self._layout, choice=self._options.broker, report=report)
            platform = self._platform(await request.unless_asked(preparing))
            supervisor = Supervisor(nodes=plan(platform), logs=self._layout.logs, report=report, changed=self._tell)
            self._supervisor, request.at_once = supervisor, supervisor.kill
            await request.unless_asked(supervisor.start())
        if platform.backends.kafka is None:
            self._note_embedded_port()
        self._tell("running")
        return platform

    def _platform(self, backends: Backends) -> Platform:
        self._state = replace(self._state, broker=backends.broker)
        secrets = SecretStore(self._layout.secrets)
        return Platform(layout=self._layout, backends=backends, ports=self._options.ports, secrets=secrets)

    async def _fill_and_show(self, platform: Platform) -> None:
        seconds = time.monotonic() - self._began
        if self._options.demo and await first_demo.is_empty(self._case_database(platform)):
            await first_demo.load(self._console, running=self._state)
        warning = _warning(platform.backends, self._options.broker)
        show_banner(self._console, running=self._state, warning=warning, seconds=seconds)
        self._ready()

    async def _watch(self) -> None:
        assert self._supervisor is not None
        await self._supervisor.wait()

    async def _stop(self) -> None:
        self._tell("stopping")
        if self._supervisor is None:
            _end_helpers()
            return
        with TerminalReporter(self._console, verb="stopped") as report:
            await self._supervisor.stop(report=report)

    def _tell(self, phase: state.Phase | None = None) -> None:
        running = self._supervisor.running.items() if self._supervisor else ()
        processes = tuple(
            state.ProcessState(
                name=name, pid=each.child.process.pid, started_at=each.started_at, ports=each.child.spec.ports
            )
            for name, each in running
        )
        self._state = replace(self._state, phase=phase or self._state.phase, processes=processes)
        state.write(self._layout.run, self._state)

    def _ports_to_check(self) -> dict[str, int]:
        ports = self._options.ports
        if self._options.broker == "embedded":
            return {name: port for name, port in ports.items() if not name.startswith("kafka")}
        return ports

    def _note_embedded_port(self) -> None:
        port = int(embedded.bootstrap_from(self._layout.broker_address).rpartition(":")[2])
        self._state = replace(self._state, ports={**self._state.ports, "kafka": port})

    def _case_database(self, platform: Platform) -> str:
        broker, port = platform.backends.broker, self._options.ports["postgres"]
        return database_urls(SERVICES[0], broker=broker, postgres_port=port, secrets=platform.secrets).worker_url


def _warning(backends: Backends, choice: BrokerChoice) -> str:
    if backends.kafka is not None:
        return ""
    reason = "" if choice == "embedded" else f"Apache Kafka can't be had here: {backends.why_embedded}\n"
    return f"{reason}The embedded in-memory broker runs instead of Kafka: for a look only, all is gone when it stops."


def _helpers() -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process().children(recursive=True)
    return found


def _end_helpers() -> None:
    """End Maven, apt and the like, which threads of the preparation wait for."""
    for process in _helpers():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()


def _leave_at_once() -> None:
    for process in _helpers():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    os._exit(_KILLED_BY_HAND)
