"""When a case was active, and when its plan was approved: spans of days, worked out from the turns of its course.

On any day that holds which, of all that had happened by then, came last in the case. So a turn that is dated back takes
the place of those that came before it from its own day on.
"""

from datetime import date
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from forkant_contracts.codes import CaseState

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.facts import CaseFact, Course, Ties, Turn
from indicator_service.aggregation.spans import NEVER, Span

T = TypeVar("T")

_BEGINS: Final = frozenset({Turn.OPENED, Turn.REOPENED})
_STOPS: Final = frozenset({Turn.HELD, Turn.ENDED})
_ABOUT_THE_PLAN: Final = frozenset({Turn.APPROVED, Turn.REPLANNED})
_WITHOUT_PLAN: Final = frozenset({CaseState.REGISTERED, CaseState.ASSESSING})


class Active(NamedTuple):
    """Days on which a case was active, in the round that began on ``since``: its opening or its newest reopening."""

    span: Span
    since: date


def active_spans(course: Course) -> list[Active]:
    """Return when a case was active: opened or reopened, and neither on hold nor ended."""
    since = NEVER
    standing: list[tuple[date, date | None]] = []
    for day, turn in course:
        if turn in _ABOUT_THE_PLAN:
            continue
        if turn in _BEGINS:
            since = day
        _stand(standing, day, None if turn in _STOPS else since)
    return [Active(span, began) for span, began in _spans(standing) if began != NEVER]


def approved_spans(course: Course) -> list[Span]:
    """Return when the plan of the round was approved; a plan that is written again awaits approval."""
    standing: list[tuple[date, date | None]] = []
    for day, turn in course:
        if turn is Turn.APPROVED:
            _stand(standing, day, day)
        elif turn is Turn.REPLANNED or turn in _BEGINS:
            _stand(standing, day, None)
    return [span for span, _ in _spans(standing)]


def tied_spans(ties: Ties) -> list[tuple[Span, UUID]]:
    """Return when a case was tied to which goal; no two of the spans overlap."""
    standing: list[tuple[date, UUID | None]] = []
    for day, goal in ties:
        _stand(standing, day, goal)
    return _spans(standing)


def _stand(standing: list[tuple[date, T | None]], day: date, value: T | None) -> None:
    while standing and standing[-1][0] >= day:
        standing.pop()
    standing.append((day, value))


def _spans(standing: list[tuple[date, T | None]]) -> list[tuple[Span, T]]:
    found: list[tuple[Span, T]] = []
    until = NEVER
    for day, value in reversed(standing):
        if value is not None:
            found.append((Span(day, until), value))
        until = day
    return found[::-1]


def held_since(course: Course) -> date:
    """Return the day on which the pause began that a case is in, or ``NEVER`` when it is in none."""
    newest = next(((day, turn) for day, turn in reversed(course) if turn not in _ABOUT_THE_PLAN), None)
    return newest[0] if newest is not None and newest[1] is Turn.HELD else NEVER


def course_of_before(fact: CaseFact) -> Course:
    """Return what a fact of a release that kept no course tells of it.

    Its end and the approval of its newest plan are known. A pause that it is in began on a day that is not, and counts
    from the opening on; pauses and ends before are not known at all.
    """
    if fact.opened_at is None:
        return ()
    opened = day_of(fact.opened_at)
    turns = [(opened, Turn.OPENED)]
    if fact.plan_approved_at is not None and fact.state not in _WITHOUT_PLAN:
        turns.append((day_of(fact.plan_approved_at), Turn.APPROVED))
    if fact.ended_at is not None:
        turns.append((day_of(fact.ended_at), Turn.ENDED))
    elif fact.state is CaseState.ON_HOLD:
        turns.append((opened, Turn.HELD))
    return tuple(turns)
