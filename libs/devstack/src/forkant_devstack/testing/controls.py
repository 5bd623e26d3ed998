"""How a test handles a server: the faults it may cause and the recovery from them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.native import children
from forkant_devstack.process import ProcessSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """The address of the server stays the same over `kill` and `start`, and so does its data until `remove`."""

    kill: Callable[[], Awaitable[None]]
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    remove: Callable[[], Awaitable[None]]

    async def restart(self) -> None:
        """Stop the server in order and start it again: connections break, no data is lost."""
        await self.stop()
        await self.start()


def native_controls(spec: ProcessSpec, *, log: Path) -> Controls:
    """Handle a process of our own; it dies with the test run, however that ends."""
    running: list[children.Child] = []

    async def start() -> None:
        running.append(await children.start(spec, log=log))

    async def kill() -> None:
        await children.kill(running.pop())

    async def stop() -> None:
        if running:
            await children.stop(running.pop())

    return Controls(kill=kill, start=start, stop=stop, remove=stop)
