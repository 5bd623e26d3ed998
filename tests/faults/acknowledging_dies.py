"""The notification service's API, killed as somebody acknowledges: before the commit, or after it and unanswered.

``FORKANT_TEST_DIES`` says which of both.
"""

import os
import runpy
import signal
from typing import Any

from notification_service.api import inbox
from notification_service.api.calls import Call

_mark, _once = inbox.commands.mark, Call.once


async def _mark_and_die(*given: Any, acknowledge: bool, **named: Any) -> Any:
    found = await _mark(*given, acknowledge=acknowledge, **named)
    if acknowledge:
        os.kill(os.getpid(), signal.SIGKILL)
    return found


async def _commit_and_die(self: Call, work: Any) -> Any:
    found = await _once(self, work)
    if self.request.url.path.endswith("/acknowledge"):
        os.kill(os.getpid(), signal.SIGKILL)
    return found


if os.environ["FORKANT_TEST_DIES"] == "before":
    inbox.commands.mark = _mark_and_die
else:
    Call.once = _commit_and_die
runpy.run_module("notification_service.app", run_name="__main__")
