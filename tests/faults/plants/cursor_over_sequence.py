"""Planted bug: the relay remembers the last sequence number of each partition and takes only later ones."""

import runpy
from collections import defaultdict
from dataclasses import replace
from typing import Any

from forkant_kit.relay import Relay

_read = Relay._read
_last: dict[tuple[str, int], int] = defaultdict(int)


async def _read_beyond_the_last(self: Relay, *args: Any) -> list[Any]:
    found = []
    for head in await _read(self, *args):
        place = (head.lease.topic, head.lease.partition)
        fresh = [(seq, event) for seq, event in zip(head.seqs, head.events, strict=True) if seq > _last[place]]
        if fresh:
            _last[place] = fresh[-1][0]
            seqs, events = zip(*fresh, strict=True)
            found.append(replace(head, seqs=seqs, events=events))
    return found


Relay._read = _read_beyond_the_last  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
