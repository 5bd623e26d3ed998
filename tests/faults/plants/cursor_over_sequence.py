"""Planted bug: the relay remembers the last sequence number of each partition and takes only later ones."""

import runpy
from collections import defaultdict
from dataclasses import replace
from typing import Any

from forkant_kit.relay import Relay

_COLUMNS = ("seqs", "records", "traces", "event_ids")
_read = Relay._read
_last: dict[tuple[str, int], int] = defaultdict(int)


async def _read_beyond_the_last(self: Relay, *args: Any) -> list[Any]:
    found = []
    for head in await _read(self, *args):
        place = (head.lease.topic, head.lease.partition)
        if fresh := [at for at, seq in enumerate(head.seqs) if seq > _last[place]]:
            _last[place] = head.seqs[-1]
            columns = {name: [getattr(head, name)[at] for at in fresh] for name in _COLUMNS}
            found.append(replace(head, **columns))
    return found


Relay._read = _read_beyond_the_last  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
