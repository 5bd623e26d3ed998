"""What a list of tasks can be narrowed to in the address."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from case_service.api import fields as f
from case_service.domain.tasks import TaskState
from case_service.queries.tasks import TaskFilter, Whose

_SEVERAL: Final[Any] = Field(default=(), max_length=50)


class TaskQuery(BaseModel):
    """All conditions together; a code that is given several times means one of them."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    whose: Whose = Whose.UNIT
    """`mine` are given to you or to whom you stand in for, `role` to nobody yet and are of a role of yours, `unit` are
    all that you may see."""
    kind: tuple[f.TaskKindCode, ...] = _SEVERAL
    role: tuple[f.RoleCode, ...] = _SEVERAL
    state: tuple[TaskState, ...] = _SEVERAL
    """Open ones when left out."""
    due_before: f.Day | None = None
    overdue: bool | None = None
    """Only those that are late, or only others."""

    def chosen(self, roles: frozenset[str]) -> TaskFilter:
        """Return it as the query takes it, for a caller with some roles."""
        return TaskFilter(
            whose=self.whose,
            roles_of_caller=sorted(roles),
            kinds=self.kind,
            roles=self.role,
            states=self.state or (TaskState.OPEN,),
            due_before=self.due_before,
            overdue=self.overdue,
        )
