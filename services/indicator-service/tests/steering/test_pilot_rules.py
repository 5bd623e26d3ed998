from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.steering.pilot_rules import (
    Enrolment,
    PilotState,
    Programme,
    check_approval,
    check_programme,
    enrolled,
    last_day_of,
    taking_part,
    withdrawn,
)
from indicator_service.steering.refusals import Code, Refusal

TODAY = date(2026, 5, 10)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def programme(**given: object) -> Programme:
    base = {
        "code": "online_communities",
        "name_nb": "Digitale miljøer",
        "name_en": "Online communities",
        "case_types": ("online_community",),
        "indicators": (10,),
        "baseline_from": day(-365),
        "baseline_until": day(-1),
        "first_day": day(0),
        "last_day": day(365),
        "reason": "Prøves i tre distrikter.",
    }
    return Programme(**(base | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"case_types": ("person",)}, Code.NO_PILOT_TYPE),
        ({"case_types": ("online_community", "place")}, Code.NO_PILOT_TYPE),
        ({"first_day": day(-1), "baseline_until": day(-2)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"last_day": day(-1)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"baseline_until": day(0)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"baseline_from": day(0)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"baseline_from": day(-5 * 366 - 2)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"last_day": day(5 * 366 + 1)}, Code.VALIDITY_OUT_OF_RANGE),
    ],
)
def test_a_programme_opens_pilots_alone_and_comes_after_its_baseline(given, code):
    check_programme(programme(), today=TODAY)
    with pytest.raises(Refusal) as refused:
        check_programme(programme(**given), today=TODAY)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("state", "by", "last", "code"),
    [
        (PilotState.APPROVED, "kari", 1, Code.NOT_PROPOSED),
        (PilotState.WITHDRAWN, "kari", 1, Code.NOT_PROPOSED),
        (PilotState.PROPOSED, "ola", 1, Code.OWN_PROPOSAL),
        (PilotState.PROPOSED, "kari", -1, Code.VALIDITY_OUT_OF_RANGE),
    ],
)
def test_somebody_else_approves_what_is_proposed_and_not_yet_over(state, by, last, code):
    check_approval(PilotState.PROPOSED, proposed_by="ola", by="kari", last_day=TODAY, today=TODAY)
    with pytest.raises(Refusal) as refused:
        check_approval(state, proposed_by="ola", by=by, last_day=day(last), today=TODAY)
    assert refused.value.code is code


def join(before: tuple[Enrolment, ...], unit: str = "troms", first: date | None = None) -> Enrolment:
    return enrolled(before, unit, first=first, opens=day(-10), closes=day(100), today=TODAY)


def test_a_unit_takes_part_from_the_first_day_that_it_can_or_a_later_one():
    assert join(()).first == TODAY
    assert join((), first=day(3)).first == day(3)
    assert enrolled((), "troms", first=None, opens=day(7), closes=day(9), today=TODAY).first == day(7)


@pytest.mark.parametrize("first", [day(-1), day(101)])
def test_a_unit_joins_neither_in_the_past_nor_outside_the_pilot(first):
    with pytest.raises(Refusal) as refused:
        join((), first=first)
    assert refused.value.code is Code.VALIDITY_OUT_OF_RANGE


def test_a_unit_joins_once_at_a_time_and_again_after_it_left():
    one = join(())
    with pytest.raises(Refusal) as refused:
        join((one,))
    assert refused.value.code is Code.ALREADY_ENROLLED
    [left] = withdrawn((one,), "troms", since=day(5), today=TODAY)
    assert left.last == day(4)
    with pytest.raises(Refusal):
        join((left,), first=day(4))
    again = join((left,), first=day(5))
    assert (again.number, again.first) == (2, day(5))
    assert join((one,), unit="agder").number == 1


def test_a_unit_that_leaves_before_it_began_never_took_part_and_may_join_again():
    one = join((), first=day(20))
    [left] = withdrawn((one,), "troms", since=None, today=TODAY)
    assert not any(left.includes(day(number)) for number in range(-30, 60))
    assert taking_part((left,), today=TODAY) == ()
    assert join((left,)).number == 2


@pytest.mark.parametrize(
    ("unit", "since", "code"),
    [("agder", None, Code.NOT_ENROLLED), ("troms", day(-1), Code.VALIDITY_OUT_OF_RANGE)],
)
def test_a_unit_leaves_what_it_takes_part_in_and_not_in_the_past(unit, since, code):
    with pytest.raises(Refusal) as refused:
        withdrawn((join(()),), unit, since=since, today=TODAY)
    assert refused.value.code is code


def test_a_unit_that_left_does_not_leave_again():
    [left] = withdrawn((join(()),), "troms", since=None, today=TODAY)
    with pytest.raises(Refusal) as refused:
        withdrawn((left,), "troms", since=None, today=TODAY)
    assert refused.value.code is Code.NOT_ENROLLED


@pytest.mark.parametrize(("since", "last"), [(None, -1), (day(0), -1), (day(7), 6), (day(100), 99)])
def test_a_programme_ends_the_day_before_it_goes_on_no_longer(since, last):
    assert last_day_of(since, last_day=day(100), today=TODAY) == day(last)


@pytest.mark.parametrize("since", [day(-1), day(101)])
def test_a_programme_ends_neither_in_the_past_nor_after_its_end(since):
    with pytest.raises(Refusal):
        last_day_of(since, last_day=day(100), today=TODAY)


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(0, 30)), max_size=12))
def test_a_unit_takes_part_at_most_once_on_any_day_and_no_past_day_changes(steps):
    found: tuple[Enrolment, ...] = ()
    today = TODAY
    for joins, later, ahead in steps:
        today += timedelta(days=later)
        past = [any(e.includes(today - timedelta(days=back)) for e in found) for back in range(1, 20)]
        since = today + timedelta(days=ahead)
        try:
            if joins:
                new = enrolled(found, "troms", first=since, opens=TODAY, closes=day(1_000), today=today)
                found = (*found, new)
            else:
                left = {each.number: each for each in withdrawn(found, "troms", since=since, today=today)}
                found = tuple(left.get(each.number, each) for each in found)
                assert not any(e.includes(since + timedelta(days=number)) for e in found for number in range(200))
        except Refusal:
            continue
        for number in range(200):
            assert sum(each.includes(day(number)) for each in found) <= 1
        assert past == [any(e.includes(today - timedelta(days=back)) for e in found) for back in range(1, 20)]
