"""The case worker, killed when it has told of what is due soon and has not committed."""

import runpy

from case_service.commands import task_reminders
from dying import die_before_commit

die_before_commit(task_reminders, "remind_of_tasks")
runpy.run_module("case_service.worker", run_name="__main__")
