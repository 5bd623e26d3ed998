"""Planted bug: the relay takes events out of the outbox before it sends them."""

import runpy
from typing import Any

from forkant_kit.relay import Relay

_send = Relay._send


async def _delete_and_send(self: Relay, lane: Any, heads: Any) -> Any:
    await self._delete(lane, heads)
    return await _send(self, lane, heads)


Relay._send = _delete_and_send  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
