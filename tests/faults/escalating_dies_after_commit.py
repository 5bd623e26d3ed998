"""The notification worker, killed right after the first commit that told the next level; more is left to tell."""

import os
import runpy
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from notification_service import deadlines
from notification_service.commands import escalations

_escalate, _transaction = escalations.escalate, deadlines.transaction
_told = [0]


async def _note(*given: Any) -> int:
    _told[0] = await _escalate(*given)
    return _told[0]


@asynccontextmanager
async def _commit_and_die(*given: Any) -> AsyncIterator[Any]:
    async with _transaction(*given) as conn:
        yield conn
    if _told[0]:
        os.kill(os.getpid(), signal.SIGKILL)


escalations.AT_A_TIME = 2
escalations.escalate = _note
deadlines.transaction = _commit_and_die
runpy.run_module("notification_service.worker", run_name="__main__")
