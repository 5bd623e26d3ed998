"""Tasks, the work process that they come from, and who may do what."""

from datetime import date, datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.attempt import Kind
from case_service.domain.processes import Basis, Counting
from case_service.domain.tasks import TaskState


class TaskView(View):
    """A task: what is to be done with a case, by whom and until when."""

    id: UUID
    case_id: UUID
    kind: c.TaskKind
    item_id: UUID | None = Field(description="The measure, follow-up, information or offer that it is about.")
    unit: str = Field(description="Whose it is: the unit that holds the case, or the one that it is offered to.")
    role: c.Role
    assignee: str | None = Field(description="Who is to do it, as `sub` names them; nobody, of the role, when null.")
    due_on: date
    state: TaskState
    by_hand: bool = Field(description="Added by somebody; else the work process asks for it.")
    paused: bool = Field(description="Its deadline stands still while the case is on hold.")
    overdue: bool = Field(description="Open, past its due day, and not paused.")
    level: int = Field(description="How many times it was escalated.")
    made_at: datetime
    ended_at: datetime | None
    ended_by: str | None


class TaskPage(View):
    """A page of tasks, the first due first."""

    items: list[TaskView]
    next: str | None = None


class TaskList(View):
    """The tasks of a case, the oldest first."""

    items: list[TaskView]


class TemplateView(View):
    """A task that a work process asks for."""

    kind: c.TaskKind
    role: c.Role
    phases: list[c.CaseState] = Field(description="While the case is in one of these, or on hold from one.")
    days: int | None = Field(description="Days from when it arises; null for what has a due day of its own.")
    counted: Counting
    runs_on_hold: bool
    anew_on: Kind | None = Field(description="What makes it arise anew, with its whole deadline.")
    case_types: list[c.CaseType] | None = Field(description="Cases of these types; all when null.")
    age_bands: list[c.AgeBand] | None = Field(description="Cases about people of these ages; all when null.")
    basis: Basis
    source: str


class EscalationView(View):
    """A level of escalation."""

    level: int
    role: c.Role
    working_days: int = Field(description="Working days after the due day.")


class ProcessView(View):
    """A version of the work process; a case stays on the one with which it was opened."""

    version: int
    valid_from: date
    tasks: list[TemplateView] = Field(description="Of a kind, the first one that is for such a case.")
    escalations: list[EscalationView]


class LeadTimeView(View):
    """How long before its due day a task of a kind is reminded of."""

    kind: c.TaskKind
    working_days: int | None = Field(description="Working days before the due day; null for a kind that is not.")
    basis: Basis
    source: str


class RemindersView(View):
    """A version of the lead times, which holds for all cases from a day on."""

    version: int
    valid_from: date
    lead_times: list[LeadTimeView]


class ProcessList(View):
    """Every version of the work process, and of when its tasks are reminded of."""

    items: list[ProcessView]
    reminders: list[RemindersView]


class RoleMatrix(View):
    """Which roles may take which action; how far they reach is the unit's, membership's and clearance's to say."""

    actions: dict[str, list[c.Role]]
