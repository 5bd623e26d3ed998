"""Planted bug: the relay takes events out of the outbox before it sends them."""

import runpy
from typing import Any

from forkant_devstack.faults.order import Order
from forkant_devstack.faults.points import RELAY_IN_BUG, Points
from forkant_kit.relay import Relay
from forkant_kit.relay_rows import delete_rows

_send = Relay._send
_points = Points(Order.given().trigger)


async def _delete_and_send(self: Relay, lane: Any, heads: Any) -> Any:
    if await delete_rows(await lane.connection(), heads, owner=self._owner):
        _points.passing(RELAY_IN_BUG)
    return await _send(self, lane, heads)


Relay._send = _delete_and_send  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
