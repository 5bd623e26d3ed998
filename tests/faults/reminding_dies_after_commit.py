"""The case worker, killed right after the first commit that told of what is due soon; more is left to tell."""

import runpy

from case_service import reminding_worker
from case_service.commands import task_reminders
from dying import die_after_commit

die_after_commit(task_reminders, "remind_of_tasks", committed_by=reminding_worker)
runpy.run_module("case_service.worker", run_name="__main__")
