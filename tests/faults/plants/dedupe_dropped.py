"""Planted bug: the consumer applies every readable event, whatever version of its aggregate came before."""

import runpy
from typing import Any

from forkant_kit import batch
from forkant_kit.gate import Verdict


def _accept_all(reads: Any, *_args: Any) -> Verdict:
    return Verdict(accept=[item for item in reads if item.event is not None])


batch.judge = _accept_all
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
