"""The notification worker, killed when it has told the next level and has not committed."""

import os
import runpy
import signal
from typing import Any

from notification_service.commands import escalations

_escalate = escalations.escalate


async def _escalate_and_die(*given: Any) -> int:
    if told := await _escalate(*given):
        os.kill(os.getpid(), signal.SIGKILL)
    return told


escalations.escalate = _escalate_and_die
runpy.run_module("notification_service.worker", run_name="__main__")
