"""The notification worker, killed right after the first commit that told the next level; more is left to tell."""

import runpy

from dying import die_after_commit
from notification_service import deadlines
from notification_service.commands import escalations

die_after_commit(escalations, "escalate", committed_by=deadlines)
runpy.run_module("notification_service.worker", run_name="__main__")
