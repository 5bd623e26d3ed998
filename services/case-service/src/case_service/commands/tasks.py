"""Tasks that people handle themselves: adding one, saying that it is done, giving one to somebody."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from forkant_contracts.codes import Role, TaskKind
from forkant_kit.access.grants import Grant, GrantKind
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Change, Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt
from case_service.domain.lifecycle import decide
from case_service.domain.moments import due, local_day
from case_service.domain.processes import Counting
from case_service.domain.refusals import Code, Refusal
from case_service.domain.tasks import Task
from case_service.store import grants
from case_service.store import tasks as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who is to do a task; nobody gives it back to its role."""

    task_id: UUID
    assignee: str | None
    roles: frozenset[str]
    """The roles of who assigns it."""


async def add_task(conn: AsyncConnection, context: Context, target: Target, *, due_on: date) -> Receipt:
    """Add a review of the case, besides those that its work process asks for.

    Raises:
        Refusal: the due day is out of range, or the rules say no.
    """
    change = await begin(conn, context, target)
    due(due_on=due_on, opened_at=change.loaded.opened_at, now=context.now)
    process = context.procedures.of(change.loaded.process_version, day=local_day(context.now))
    template = process.template(TaskKind.REVIEW_CASE, change.loaded.case_type, change.loaded.age_band)
    added = Task(
        id=context.new_id(),
        kind=TaskKind.REVIEW_CASE,
        role=Role.CASE_OFFICER if template is None else template.role,
        due_on=due_on,
        counted=Counting.CALENDAR,
        by_hand=True,
        escalates_on=process.escalates_on(due_on, level=0, calendar=context.procedures.calendar),
    )
    attempt = Attempt(action=Action.ADD_TASK, actor=change.actor, item_id=added.id, due_on=due_on)
    outcome = Outcome(action=attempt.action, item_id=added.id, added=added)
    return await finish(change, decide(change.case, attempt), outcome)


async def complete_task(conn: AsyncConnection, context: Context, target: Target, task_id: UUID) -> Receipt:
    """Say that a review is done; the work process asks for the next one.

    Raises:
        Refusal: there is no such open task, the case itself says when it is done, or the rules say no.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.COMPLETE_TASK, actor=change.actor, item_id=task_id)
    decision = decide(change.case, attempt)
    if _open(change, task_id).kind is not TaskKind.REVIEW_CASE:
        raise Refusal(Code.TASK_FOLLOWS_THE_CASE)
    return await finish(change, decision, Outcome(action=attempt.action, item_id=task_id, done=task_id))


async def assign_task(conn: AsyncConnection, context: Context, target: Target, assignment: Assignment) -> Receipt:
    """Give a task to a member of the case, or take it.

    What nobody has, everybody who works on the case may give away; what somebody has, only they, who stands in for
    them, and a prevention lead. Whoever is no member may take a task of a role of their own, as a lead takes approvals.

    Raises:
        Refusal: there is no such open task, it is another's, the person is no member or wrote the plan that it is to
            approve, or the rules say no.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.ASSIGN_TASK, actor=change.actor, item_id=assignment.task_id)
    decision = decide(change.case, attempt)
    task = _open(change, assignment.task_id)
    await _check_giver(change, task, assignment)
    await _check_taker(change, task, assignment)
    receipt = await finish(change, decision, Outcome(action=attempt.action, item_id=task.id))
    await store.assign(conn, task.id, assignment.assignee)
    return receipt


def _open(change: Change, task_id: UUID) -> Task:
    found = next((task for task in change.loaded.tasks if task.id == task_id), None)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return found


async def _check_giver(change: Change, task: Task, assignment: Assignment) -> None:
    context = change.context
    # The unit that a case is offered to gives its own people the answer.
    if task.kind is TaskKind.ANSWER_TRANSFER:
        raise Refusal(Code.TASK_OF_SOMEBODY_ELSE)
    if task.assignee in {None, change.actor} or Role.PREVENTION_LEAD in assignment.roles:
        return
    absent = await store.stood_in_for(change.conn, change.actor, unit=context.unit, at=context.now)
    if task.assignee not in absent:
        raise Refusal(Code.TASK_OF_SOMEBODY_ELSE)


async def _check_taker(change: Change, task: Task, assignment: Assignment) -> None:
    assignee, plan = assignment.assignee, change.case.plan
    if assignee is None:
        return
    if task.kind is TaskKind.APPROVE_PLAN and plan is not None and plan.author == assignee:
        raise Refusal(Code.OWN_PLAN)
    if assignee == change.actor and task.role in assignment.roles:
        return
    membership = Grant(
        kind=GrantKind.MEMBER, subject=assignee, object_id=change.loaded.id, valid_from=change.context.now
    )
    if not await grants.has(change.conn, membership):
        raise Refusal(Code.NO_MEMBER)
