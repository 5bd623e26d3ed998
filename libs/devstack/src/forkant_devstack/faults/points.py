"""The points at which a process may die, stop or block, each a method of the kit or of a client that is wrapped.

A process passes its points unharmed until the laboratory arms one: a trigger file names the point and what happens
there. So a fault comes in the middle of the load, and the process that takes the place of a dead one is unharmed.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

Deed = Literal["die", "stop", "block"]
"""Die as by kill -9, stop until SIGCONT, or block the event loop for some seconds."""

RELAY_POINTS: Final = (
    "relay after read",
    "relay before send",
    "relay between send and ack",
    "relay after ack",
    "relay during delete",
    "relay after delete",
)
CONSUMER_POINTS: Final = ("consumer before commit", "consumer between commit and offset", "consumer after offset")
WRITER_POINTS: Final = ("writer before commit", "writer after commit")
RELAY_IN_BUG: Final = "relay in the planted bug"
CONSUMER_IN_BUG: Final = "consumer in the planted bug"
"""Points that only a script with a planted bug has, at its worst moment."""

HAS_EFFECT: Final = "laboratory_effect"
"""Marks a connection whose transaction holds an effect, since a consumer has transactions without one too."""

_UNDER_WAY_S: Final = 0.002
_PRODUCE: Final = 0
_Method = Callable[..., Awaitable[Any]]


def arm(trigger: Path, point: str, deed: Deed, *, seconds: float = 0.0) -> None:
    """Let the process that looks at this trigger do the deed the next time that it passes the point."""
    partial = trigger.with_suffix(".partial")
    partial.write_text(json.dumps({"point": point, "deed": deed, "seconds": seconds}))
    partial.rename(trigger)


class Points:
    """Watches one trigger file."""

    def __init__(self, trigger: Path) -> None:
        """Remember the file; it need not be there."""
        self._trigger = trigger

    def armed(self, point: str) -> bool:
        """Whether the next passing of the point has consequences."""
        return self._trigger.exists() and bool(json.loads(self._trigger.read_text())["point"] == point)

    def passing(self, point: str) -> None:
        """Do the deed when this point is armed; the file's absence says that it was done."""
        if not self.armed(point):
            return
        order = json.loads(self._trigger.read_text())
        self._trigger.unlink()
        match order["deed"]:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case _:
                time.sleep(order["seconds"])


def wrap_relay(relay: type, points: Points) -> None:
    """Put the relay's points around its three steps."""
    read, send, delete = relay._read, relay._send, relay._delete  # type: ignore[attr-defined]  # noqa: SLF001

    async def reading(self: Any, *args: Any) -> Any:
        found = await read(self, *args)
        if found:
            points.passing("relay after read")
        return found

    async def sending(self: Any, *args: Any) -> Any:
        points.passing("relay before send")
        return await send(self, *args)

    async def deleting(self: Any, *args: Any) -> None:
        points.passing("relay after ack")
        if points.armed("relay during delete"):
            under_way = asyncio.ensure_future(delete(self, *args))
            await asyncio.sleep(_UNDER_WAY_S)
            points.passing("relay during delete")
            await under_way
        else:
            await delete(self, *args)
        points.passing("relay after delete")

    relay._read, relay._send, relay._delete = reading, sending, deleting  # type: ignore[attr-defined]  # noqa: SLF001
    AIOKafkaClient.send = _sending_records(AIOKafkaClient.send, points)


def _sending_records(send: _Method, points: Points) -> _Method:
    """Wrap a client's request to a broker: the point lies between the records' leaving and their acknowledgement."""

    async def sending(self: Any, node: Any, request: Any, **options: Any) -> Any:
        if request.API_KEY != _PRODUCE or not points.armed("relay between send and ack"):
            return await send(self, node, request, **options)
        under_way = asyncio.ensure_future(send(self, node, request, **options))
        await asyncio.sleep(_UNDER_WAY_S)
        points.passing("relay between send and ack")
        return await under_way

    return sending


def wrap_consumer(engine: AsyncEngine, points: Points) -> None:
    """Put the consumer's points around the commit of a batch's transaction and of the offset."""
    commit_offset = AIOKafkaConsumer.commit

    async def committing_offset(self: Any, *args: Any) -> None:
        points.passing("consumer between commit and offset")
        await commit_offset(self, *args)
        points.passing("consumer after offset")

    AIOKafkaConsumer.commit = committing_offset

    def committing(connection: Connection) -> None:
        if connection.info.pop(HAS_EFFECT, False):
            points.passing("consumer before commit")

    event.listen(engine.sync_engine, "commit", committing)
    event.listen(engine.sync_engine, "rollback", _forget_effect)


def _forget_effect(connection: Connection) -> None:
    # Else the next transaction on the connection would pass for one with an effect. A lost one has nothing to ask for.
    if not connection.invalidated:
        connection.info.pop(HAS_EFFECT, None)
