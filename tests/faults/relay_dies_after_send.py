"""The case worker, killed between Kafka's acknowledgement and the removal from the outbox."""

import os
import runpy
import signal

from forkant_kit.relay import Relay


async def _die(*_args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


Relay._delete = _die  # type: ignore[method-assign]
runpy.run_module("case_service.worker", run_name="__main__")
