"""The notification worker, killed when it has told the next level and has not committed."""

import runpy

from dying import die_before_commit
from notification_service.commands import escalations

die_before_commit(escalations, "escalate")
runpy.run_module("notification_service.worker", run_name="__main__")
