"""Measures and follow-ups that are due on another day after a pause: the newest day holds."""

from datetime import UTC, date, datetime
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import Arena, MeasureKind
from forkant_contracts.events import follow_up, measure
from indicator_service.aggregation.facts import CaseFact
from indicator_service.aggregation.fold_case import fold_case

CASE, ITEM = UUID(int=1), UUID(int=2)
PLANNED, LATER, LAST = date(2026, 5, 1), date(2026, 5, 20), date(2026, 6, 9)


def told(version, data):
    at = datetime(2026, 4, 1, tzinfo=UTC)
    return Event(
        id=UUID(int=100 + version), source="urn:forkant:case-service", aggregate_id=CASE, aggregate_version=version,
        unit="oslo", occurred_at=at, recorded_at=at, data=data,
    )  # fmt: skip


def test_a_measure_is_due_on_the_newest_day_and_stays_what_it_was():
    planned = measure.MeasurePlanned(
        measure_id=ITEM, kind=MeasureKind.HOME_VISIT, arena=Arena.PHYSICAL, due_on=PLANNED, method_version=2
    )
    days = [measure.MeasureRescheduled(measure_id=ITEM, due_on=day) for day in (LATER, LAST)]
    started = measure.MeasureStarted(measure_id=ITEM)
    fact = fold_case(CaseFact(), [told(n, data) for n, data in enumerate([planned, days[0], started, days[1]], 1)])
    found = fact.measures[ITEM]
    assert (found.due_on, found.kind, found.method_version) == (LAST, MeasureKind.HOME_VISIT, 2)
    assert found.started_at is not None


def test_a_follow_up_is_due_on_the_newest_day_and_stays_held():
    data = [
        follow_up.FollowUpScheduled(follow_up_id=ITEM, due_on=PLANNED),
        follow_up.FollowUpRescheduled(follow_up_id=ITEM, due_on=LATER),
        follow_up.FollowUpHeld(follow_up_id=ITEM),
    ]
    found = fold_case(CaseFact(), [told(n, each) for n, each in enumerate(data, 1)]).follow_ups[ITEM]
    assert found.due_on == LATER
    assert found.held_at is not None
