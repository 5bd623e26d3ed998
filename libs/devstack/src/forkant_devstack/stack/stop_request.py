"""Turns signals into a wish to stop: the first one stops in order, the next one at once."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAskedError(Exception):
    """The user wants the platform to stop."""


@dataclass(slots=True)
class StopRequest:
    """Whether to stop has been asked, and what to do when it is asked again."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: Callable[[], None] = lambda: None

    async def unless_asked(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work; cancel it and raise when to stop is asked meanwhile."""
        task = asyncio.create_task(work)
        asked = asyncio.create_task(self.asked.wait())
        try:
            await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise StopAskedError
            return task.result()
        finally:
            for each in (task, asked):
                each.cancel()
            await asyncio.gather(task, asked, return_exceptions=True)

    def hear(self) -> None:
        """Note one more signal."""
        if self.asked.is_set():
            self.at_once()
        self.asked.set()


@contextmanager
def hearing_signals() -> Iterator[StopRequest]:
    """Give a request that SIGINT, SIGTERM and SIGHUP make, as long as the block runs."""
    loop = asyncio.get_running_loop()
    request = StopRequest()
    for each in _SIGNALS:
        loop.add_signal_handler(each, request.hear)
    try:
        yield request
    finally:
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
