"""Bodies of requests about tasks."""

from typing import Literal

from forkant_contracts.codes import TaskKind
from pydantic import Field

from case_service.api import fields as f
from case_service.api.bodies import Act


class AddTask(Act):
    """A review of the case that somebody asks for besides those of the work process."""

    kind: Literal[TaskKind.REVIEW_CASE]
    due_on: f.Day


class AssignTask(Act):
    """Who is to do a task from now on: a member of the case, or the caller; null gives it back to its role."""

    assignee: f.Subject | None = Field(description="Who, as access tokens name the person in `sub`; null for nobody.")
