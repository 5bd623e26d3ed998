"""Random lifecycles: after every change the open tasks are those that the process data says, each due when it says."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from importlib.resources import files
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import allowed_actions, decide
from case_service.domain.processes import Counting, Process
from case_service.domain.refusals import Refusal
from case_service.domain.standing import Case, Plan
from case_service.domain.tasks import Course, Task, TaskChanges, TaskState, follow
from case_service.work_processes import procedures, read_process
from forkant_contracts.codes import AgeBand, CaseState, CaseType, CloseReason, Role, TaskKind
from hypothesis import event, given
from hypothesis import strategies as st

DATA = json.loads(files("case_service").joinpath("data/work-processes-1.json").read_text("utf-8"))
PROCEDURES = procedures()
PROCESS, CALENDAR = PROCEDURES.processes[1], PROCEDURES.calendar
OPENED = date(2026, 3, 2)
DAY = timedelta(days=1)
FORWARD = [
    Action.ASSESS, Action.PLAN, Action.APPROVE_PLAN, Action.PLAN_MEASURE, Action.START_MEASURE,
    Action.SCHEDULE_FOLLOW_UP, Action.COMPLETE_MEASURE, Action.HOLD_FOLLOW_UP, Action.EVALUATE, Action.RESUME,
    Action.REOPEN, Action.LIFT_RESTRICTION, Action.REGISTER_INFORMATION, Action.OFFER_TRANSFER,
]  # fmt: skip
SELDOM = {Action.MERGE, Action.CLOSE, Action.REFER, Action.REJECT, Action.RESTRICT, Action.ERASE}
MAKES = {Action.PLAN_MEASURE, Action.SCHEDULE_FOLLOW_UP, Action.REGISTER_INFORMATION, Action.OFFER_TRANSFER}
ages = st.sampled_from([AgeBand.UNDER_15, AgeBand.FROM_15_TO_17, AgeBand.NOT_APPLICABLE])
lives = st.tuples(st.randoms(use_true_random=True), ages, st.integers(15, 70))


@dataclass(kw_only=True)
class Life:
    """A case as it goes on, with its tasks."""

    age_band: AgeBand
    random: Random
    case: Case = field(default_factory=lambda: Case(state=CaseState.REGISTERED))
    day: date = OPENED
    held_on: date | None = None
    open: dict[UUID, Task] = field(default_factory=dict)
    over: set[UUID] = field(default_factory=set)
    had: dict[UUID, Task] = field(default_factory=dict)
    was_held_on: date | None = None
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def new_id(self) -> UUID:
        return UUID(int=next(self.ids))

    def course(self, action: Action | None, kinds: Sequence[Kind] = (), **more: Any) -> Course:
        return Course(
            action=action, kinds=frozenset(kinds), day=self.day, case_type=CaseType.PERSON, age_band=self.age_band,
            process=PROCESS, calendar=CALENDAR, new_id=self.new_id, held_on=self.held_on, **more,
        )  # fmt: skip

    def follow(self, action: Action | None, kinds: Sequence[Kind] = (), **more: Any) -> TaskChanges:
        changes = follow(tuple(self.open.values()), self.case, self.course(action, kinds, **more))
        for task, _ in changes.ended:
            del self.open[task.id]
            self.over.add(task.id)
        self.open |= {task.id: task for task in (*changes.moved, *changes.deferred, *changes.made)}
        return changes

    def drawn(self) -> Attempt:
        pool = allowed_actions(self.case)
        if self.random.random() < 0.8:
            pool = [action for action in pool if action not in SELDOM] or pool
        if self.random.random() < 0.5:
            pool = [action for action in FORWARD if action in pool] or pool
        action = self.random.choice(pool)
        known = [*self.case.measures, *self.case.follow_ups, *self.case.information, *filter(None, [self.case.offer])]
        mine = [task.id for task in self.open.values() if task.kind is TaskKind.REVIEW_CASE]
        if action is Action.COMPLETE_TASK:
            known = mine
        item = self.new_id() if action in MAKES | {Action.ADD_TASK} or not known else self.random.choice(known)
        actor = "lead" if self.case.plan and self.case.plan.author == "officer" else "officer"
        due_on = self.day + self.random.randrange(60) * DAY
        return Attempt(
            action=action, actor=actor, item_id=item, completed=self.random.random() < 0.7, due_on=due_on,
            close_reason=CloseReason.RESOURCES, into=Case(state=CaseState.REGISTERED),
        )  # fmt: skip

    def step(self) -> tuple[Attempt, Case, TaskChanges] | None:
        """Try something; return it with how the case stood before, or nothing when it was refused."""
        if not allowed_actions(self.case):
            return None
        self.day += self.random.choice([0, 1, 1, 3, 10]) * DAY
        attempt, before = self.drawn(), self.case
        self.had, self.was_held_on = dict(self.open), self.held_on
        try:
            decision = decide(self.case, attempt)
        except Refusal:
            return None
        self.case = decision.case
        more: dict[str, Any] = {}
        if attempt.action is Action.ADD_TASK:
            more["added"] = Task(
                id=attempt.item_id or self.new_id(), kind=TaskKind.REVIEW_CASE, role=Role.CASE_OFFICER,
                due_on=attempt.due_on or self.day, counted=Counting.CALENDAR, by_hand=True,
            )  # fmt: skip
        if attempt.action is Action.COMPLETE_TASK:
            more["done"] = attempt.item_id
        changes = self.follow(attempt.action, [each.kind for each in decision.happenings], **more)
        if attempt.action is Action.PUT_ON_HOLD:
            self.held_on = self.day
        if self.case.state is not CaseState.ON_HOLD:
            self.held_on = None
        return attempt, before, changes


def lived(life: tuple[Random, AgeBand, int]) -> Iterator[tuple[Life, Attempt, Case, TaskChanges]]:
    random, age_band, steps = life
    one = Life(age_band=age_band, random=random)
    one.follow(None, [Kind.OPENED])
    for _ in range(steps):
        done = one.step()
        if done is not None:
            yield one, *done


def asked(case: Case, age_band: AgeBand) -> set[tuple[str, UUID | None]]:
    """Say from the file, and in other words than the rules, what is to be done with a case."""
    if case.restricted or case.erased:
        return set()
    phase = (case.held_from or case.state).value
    kinds = {
        one["kind"] for one in DATA["tasks"] if phase in one["phases"] and age_band in one.get("age_bands", [age_band])
    }
    if case.merged:
        kinds &= {"clarify_information"}
    items: dict[str, set[UUID | None]] = {
        "complete_assessment": set() if case.assessed else {None},
        "approve_plan": {None} if case.plan and not case.plan.approved else set(),
        "complete_measure": {key for key, one in case.measures.items() if one.state in {"planned", "started"}},
        "hold_follow_up": {key for key, one in case.follow_ups.items() if one == "scheduled"},
        "complete_evaluation": set() if case.evaluated else {None},
        "answer_transfer": {case.offer} - {None},
        "clarify_information": {key for key, one in case.information.items() if one == "registered"},
        "review_case": {None},
    }
    return {(kind, item) for kind in kinds for item in items[kind]}


@given(lives)
def test_after_every_change_the_open_tasks_are_those_that_the_process_asks_for(life):
    for one, attempt, _, _ in lived(life):
        by_process = [(task.kind.value, task.item_id) for task in one.open.values() if not task.by_hand]
        assert len(by_process) == len({*by_process}), attempt.action
        assert {*by_process} == asked(one.case, one.age_band), attempt.action
        if (
            one.case.restricted
            or one.case.erased
            or one.case.merged
            or one.case.state in {CaseState.CLOSED, CaseState.REJECTED}
        ):
            assert not any(task.by_hand for task in one.open.values())
        event(one.case.state.value)


@given(lives)
def test_a_task_is_due_when_the_process_says_counted_from_the_day_on_which_it_arose(life):
    rules = {
        (one["kind"], age): (one["days"], one["counted"], one["role"])
        for one in reversed(DATA["tasks"])
        for age in one.get("age_bands", list(AgeBand))
    }
    for one, _, _, changes in lived(life):
        for task in changes.made:
            if task.by_hand:
                continue
            days, counted, role = rules[task.kind, one.age_band]
            assert task.role == role
            if days is None:
                assert task.item_id is not None
                assert task.due_on == one.case.due_days[task.item_id]
            elif counted == "working":
                assert (CALENDAR.between(one.day + DAY, task.due_on + DAY), task.due_on > one.day) == (days, True)
            else:
                assert task.due_on == one.day + days * DAY


@given(lives)
def test_what_is_over_stays_over_and_a_done_task_was_done(life):
    for one, attempt, _, changes in lived(life):
        assert not {*one.open} & one.over
        for task, became in changes.ended:
            if became is TaskState.DONE:
                assert attempt.action in {
                    Action.ASSESS, Action.APPROVE_PLAN, Action.COMPLETE_MEASURE, Action.HOLD_FOLLOW_UP, Action.EVALUATE,
                    Action.ACCEPT_TRANSFER, Action.REJECT_TRANSFER, Action.CLARIFY_INFORMATION, Action.COMPLETE_TASK,
                }  # fmt: skip
                event(f"done: {task.kind.value}")
            else:
                assert attempt.action is not Action.COMPLETE_TASK
                event(f"lapsed: {task.kind.value}")


@given(lives)
def test_a_pause_costs_a_method_deadline_nothing_and_the_laws_deadline_knows_none(life):
    for one, attempt, _, changes in lived(life):
        if attempt.action is not Action.RESUME:
            assert (changes.moved, changes.deferred) == ((), ())
            continue
        held_on = one.was_held_on
        assert held_on is not None
        for task in one.had.values():
            now = one.open[task.id]
            ran = task.kind is TaskKind.CLARIFY_INFORMATION or task.due_on < held_on
            if ran:
                assert now.due_on == task.due_on
            elif task.counted is Counting.CALENDAR:
                assert now.due_on - one.day == task.due_on - held_on
            else:
                lost = CALENDAR.between(held_on, one.day)
                assert CALENDAR.between(task.due_on + DAY, now.due_on + DAY) == lost
            event(f"{'ran' if ran else 'stood still'}: {task.kind.value}")
        told = {task.id for task in changes.moved}
        assert told == {task.id for task in one.had.values() if one.open[task.id].due_on != task.due_on}


def test_rewriting_a_plan_asks_for_its_approval_anew_and_never_of_its_author():
    life = Life(age_band=AgeBand.NOT_APPLICABLE, random=Random(1))
    life.case = Case(
        state=CaseState.PLANNED, assessed=True, plan=Plan(author="officer", goals=1, goals_with_baseline=0)
    )
    [first] = life.follow(Action.PLAN, [Kind.PLANNED]).made
    for assignee, kept in (("lead", "lead"), ("officer", None)):
        life.open = {first.id: replace(first, assignee=assignee)}
        life.day += 3 * DAY
        changes = life.follow(Action.PLAN, [Kind.PLANNED])
        assert [became for _, became in changes.ended] == [TaskState.LAPSED]
        [again] = changes.made
        assert (again.due_on, again.assignee) == (CALENDAR.after(life.day, 5), kept)
        assert again.id != first.id


def test_a_deadline_that_was_past_before_the_pause_stays_past_and_who_is_told_next_waits():
    life = Life(age_band=AgeBand.NOT_APPLICABLE, random=Random(1))
    life.follow(None, [Kind.OPENED])
    [task] = life.open.values()
    late = replace(task, level=1, escalates_on=CALENDAR.after(task.due_on, 10))
    life.open, life.held_on = {task.id: late}, task.due_on + 2 * DAY
    life.day = life.held_on + 14 * DAY
    changes = life.follow(Action.RESUME)
    [deferred] = changes.deferred
    assert (changes.moved, changes.events, deferred.due_on) == ((), 0, task.due_on)
    assert deferred.escalates_on == CALENDAR.after(
        late.escalates_on or OPENED, CALENDAR.between(life.held_on, life.day)
    )


def broken(**change: Any) -> str:
    return json.dumps({**DATA, **change})


@pytest.mark.parametrize(
    "text",
    [
        broken(version=0),
        broken(tasks=DATA["tasks"][1:]),
        broken(tasks=[{**DATA["tasks"][0], "days": None}, *DATA["tasks"][1:]]),
        broken(tasks=[{**DATA["tasks"][0], "phases": ["on_hold"]}, *DATA["tasks"][1:]]),
        broken(tasks=[{**DATA["tasks"][0], "kind": "make_coffee"}, *DATA["tasks"]]),
        broken(tasks=[{**DATA["tasks"][0], "role": "nobody"}, *DATA["tasks"]]),
        broken(tasks=[{**DATA["tasks"][0], "source": ""}, *DATA["tasks"]]),
        broken(escalations=[]),
        broken(escalations=[*reversed(DATA["escalations"])]),
        broken(colour="red"),
    ],
)
def test_a_process_that_is_not_whole_is_refused(text):
    with pytest.raises(ValueError, match="validation error"):
        read_process(text)


def test_every_deadline_says_where_it_comes_from():
    assert all(one["source"] and one["basis"] in {"law", "method", "assumed"} for one in DATA["tasks"])
    assert all(("[a]" in one["source"]) == (one["basis"] == "assumed") for one in DATA["tasks"])


def test_a_case_is_on_the_version_of_its_day_and_a_later_one_leaves_it_there():
    later: Process = replace(PROCESS, version=2, valid_from=date(2026, 7, 1))
    both = replace(PROCEDURES, processes={2: later, 1: PROCESS})
    assert [both.on(day).version for day in (date(2020, 1, 1), date(2026, 6, 30), date(2026, 7, 1))] == [1, 1, 2]
    assert both.of(1, day=date(2027, 1, 1)) is PROCESS
    assert both.of(None, day=date(2027, 1, 1)) is later
