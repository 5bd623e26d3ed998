"""What a pause does to the due days of measures and follow-ups: the same as to the tasks that they ask for."""

from datetime import date, timedelta
from types import MappingProxyType
from uuid import UUID

from case_service.domain.attempt import Action, Kind
from case_service.domain.pauses import moved_due_days
from case_service.domain.standing import Case, FollowUpState, Measure, MeasureState
from case_service.domain.tasks import Course, follow
from case_service.work_processes import procedures
from forkant_contracts.codes import AgeBand, CaseState, CaseType
from hypothesis import given
from hypothesis import strategies as st

ALL = procedures()
PROCESS = ALL.processes[1]
OF = (CaseType.PERSON, AgeBand.FROM_18_TO_24)
STARTED, DONE, WAITING, HELD = (UUID(int=number) for number in range(1, 5))
HELD_ON = date(2026, 5, 4)


def paused(**due_days: date) -> Case:
    days = {"started": STARTED, "done": DONE, "waiting": WAITING, "held": HELD}
    return Case(
        state=CaseState.ON_HOLD,
        held_from=CaseState.ACTIVE,
        assessed=True,
        measures=MappingProxyType(
            {STARTED: Measure(state=MeasureState.STARTED), DONE: Measure(state=MeasureState.COMPLETED)}
        ),
        follow_ups=MappingProxyType({WAITING: FollowUpState.SCHEDULED, HELD: FollowUpState.HELD}),
        due_days=MappingProxyType({days[name]: day for name, day in due_days.items()}),
    )


def moved(case: Case, *, held_on: date | None = HELD_ON, pause: int = 10) -> dict[UUID, date]:
    resumed_on = (held_on or HELD_ON) + timedelta(days=pause)
    rules = {"process": PROCESS, "of": OF, "calendar": ALL.calendar}
    return dict(moved_due_days(case, held_on=held_on, resumed_on=resumed_on, **rules))


def test_what_stood_still_is_due_as_much_later_as_the_pause_lasted():
    day = HELD_ON + timedelta(days=3)
    case = paused(started=day, done=day, waiting=HELD_ON, held=day)
    assert moved(case) == {STARTED: day + timedelta(days=10), WAITING: HELD_ON + timedelta(days=10)}


def test_what_was_late_before_the_pause_stays_late():
    late = HELD_ON - timedelta(days=1)
    assert moved(paused(started=late, done=late, waiting=late, held=late)) == {}


def test_a_pause_of_no_day_moves_nothing():
    case = paused(started=HELD_ON, done=HELD_ON, waiting=HELD_ON, held=HELD_ON)
    assert moved(case, pause=0) == moved(case, pause=-1) == moved(case, held_on=None) == {}


@given(
    due=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    held_on=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    pause=st.integers(0, 400),
)
def test_a_task_and_what_it_is_about_stay_due_on_one_day(due, held_on, pause):
    case = paused(started=due, done=due, waiting=due, held=due)
    ids = iter(UUID(int=number) for number in range(100, 200))
    course = {
        "case_type": OF[0], "age_band": OF[1], "process": PROCESS, "calendar": ALL.calendar,
        "new_id": lambda: next(ids),
    }  # fmt: skip
    open_tasks = follow((), case, Course(action=None, kinds=frozenset(), day=held_on, **course)).made
    days = moved(case, held_on=held_on, pause=pause)
    resumed = Course(
        action=Action.RESUME, kinds=frozenset({Kind.RESUMED}), day=held_on + timedelta(days=pause), held_on=held_on,
        **course,
    )  # fmt: skip
    changes = follow(open_tasks, case, resumed)
    told = {task.item_id: task.due_on for task in changes.moved if task.item_id is not None}
    assert {item: day for item, day in told.items() if item in case.due_days} == days
