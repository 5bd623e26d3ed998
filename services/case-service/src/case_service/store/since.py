"""Since when what belongs to a case stands as it does, so that nothing is said to have happened before it could."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from case_service.domain.moments import day_begins
from case_service.domain.standing import MeasureState, Turn

_OPEN = frozenset({MeasureState.PLANNED.value, MeasureState.STARTED.value})


def since_of(row: Any) -> Mapping[UUID | Turn, datetime]:
    """Return the moments of a case's items and of the turns of its course, from its row of facts."""
    written = {
        Turn.REOPENED: row.reopened_at,
        Turn.ENDED: row.ended_at,
        # Which hour it was is not kept, and a pause is counted in days.
        Turn.PUT_ON_HOLD: None if row.held_on is None else day_begins(row.held_on),
        Turn.ASSESSED: _last_of(row.assessment),
        Turn.EVALUATED: _last_of(row.evaluation),
        Turn.PLANNED: None if row.plan is None else _moment(row.plan[-2]),
        Turn.PLAN_APPROVED: _last_of(row.plan),
    }
    items = [*(row.measures or ()), *(row.follow_ups or ()), *(row.partners or ()), *(row.information or ())]
    found: dict[UUID | Turn, datetime] = {turn: at for turn, at in written.items() if at is not None}
    found |= {UUID(each[0]): datetime.fromisoformat(each[-1]) for each in items}
    if row.offer is not None:
        found[row.offer] = row.offered_at
    ends_with_it = [UUID(each[0]) for each in row.measures or () if each[1] in _OPEN]
    ends_with_it += [] if row.offer is None else [row.offer]
    if ends_with_it:
        found[Turn.WORKED] = max(found[item] for item in ends_with_it)
    return found


def _last_of(facts: list[Any] | None) -> datetime | None:
    return None if facts is None else _moment(facts[-1])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
