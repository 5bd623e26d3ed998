from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.versions import (
    Days,
    Version,
    VersionState,
    approved,
    check_wanted,
    in_force_on,
    withdrawn,
)

TODAY = date(2026, 3, 10)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def proposal(number: int, first: int, last: int | None = None, *, by: str = "lead") -> Version:
    wanted = Days(first=day(first), last=None if last is None else day(last))
    return Version(number=number, state=VersionState.PROPOSED, proposed_by=by, wanted=wanted)


def numbers(versions, days):
    found = [in_force_on(versions, day(n)) for n in days]
    return [None if each is None else each.number for each in found]


def refusal_of(command) -> Code:
    with pytest.raises(Refusal) as refused:
        command()
    return refused.value.code


def test_a_version_is_in_force_from_its_first_day_to_its_last():
    versions = approved([proposal(1, 2, 4)], 1, by="pod", today=TODAY)
    assert numbers(versions, range(1, 6)) == [None, 1, 1, 1, None]


def test_an_approval_that_comes_late_begins_on_its_day():
    versions = approved([proposal(1, 0)], 1, by="pod", today=day(5))
    assert numbers(versions, range(4, 7)) == [None, 1, 1]


def test_a_revision_ends_the_version_before_it():
    versions = approved([proposal(1, 0), proposal(2, 3)], 1, by="pod", today=TODAY)
    versions = approved(versions, 2, by="pod", today=day(1))
    assert numbers(versions, range(5)) == [1, 1, 1, 2, 2]


def test_a_version_that_never_began_lets_the_one_before_go_on_when_it_is_withdrawn():
    versions = approved([proposal(1, 0, 9), proposal(2, 3)], 1, by="pod", today=TODAY)
    versions = withdrawn(approved(versions, 2, by="pod", today=day(1)), 2, today=day(2))
    assert numbers(versions, range(11)) == [*[1] * 10, None]


def test_one_that_was_withdrawn_does_not_come_back():
    versions = approved([proposal(1, 0), proposal(2, 3)], 1, by="pod", today=TODAY)
    versions = withdrawn(approved(versions, 2, by="pod", today=TODAY), 1, today=day(1))
    versions = withdrawn(versions, 2, today=day(2))
    assert numbers(versions, range(6)) == [1, None, None, None, None, None]


def test_an_earlier_revision_sets_one_aside_that_has_not_begun():
    versions = [proposal(1, 0), proposal(2, 8), proposal(3, 4, 6)]
    for number in (1, 2, 3):
        versions = approved(versions, number, by="pod", today=day(1) if number > 1 else TODAY)
    assert versions[1].state is VersionState.SUPERSEDED
    assert numbers(versions, range(10)) == [1, 1, 1, 1, 3, 3, 3, None, None, None]


def test_withdrawing_ends_a_version_today_and_keeps_the_days_before():
    versions = approved([proposal(1, 0)], 1, by="pod", today=TODAY)
    versions = withdrawn(versions, 1, today=day(3))
    assert numbers(versions, range(5)) == [1, 1, 1, None, None]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda: approved([proposal(1, 0, by="pod")], 1, by="pod", today=TODAY), Code.OWN_PROPOSAL),
        (lambda: approved([proposal(1, 0)], 2, by="pod", today=TODAY), Code.NOT_FOUND),
        (lambda: approved([proposal(1, 0, 2)], 1, by="pod", today=day(3)), Code.VALIDITY_OUT_OF_RANGE),
        (
            lambda: approved(approved([proposal(1, 0)], 1, by="pod", today=TODAY), 1, by="pod", today=TODAY),
            Code.NOT_PROPOSED,
        ),
        (lambda: withdrawn(withdrawn([proposal(1, 0)], 1, today=TODAY), 1, today=TODAY), Code.ALREADY_ENDED),
        (
            lambda: withdrawn(approved([proposal(1, 0, 2)], 1, by="pod", today=TODAY), 1, today=day(3)),
            Code.ALREADY_ENDED,
        ),
        (lambda: check_wanted(Days(first=day(-1)), today=TODAY), Code.VALIDITY_OUT_OF_RANGE),
        (lambda: check_wanted(Days(first=day(2), last=day(1)), today=TODAY), Code.VALIDITY_OUT_OF_RANGE),
    ],
)
def test_what_the_rules_do_not_allow_is_refused(command, code):
    assert refusal_of(command) is code


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("propose"), st.integers(0, 12), st.one_of(st.none(), st.integers(0, 12))),
        st.tuples(st.just("approve"), st.integers(1, 8), st.none()),
        st.tuples(st.just("withdraw"), st.integers(1, 8), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 5), st.none()),
    ),
    max_size=30,
)


def act(versions, kind, number, length, today):
    """Do one thing to the versions; what is refused changes nothing."""
    try:
        if kind == "propose" and len(versions) < 8:
            first = (today - TODAY).days + number
            return (*versions, proposal(len(versions) + 1, first, None if length is None else first + length))
        if kind == "approve":
            return approved(versions, number, by="pod", today=today)
        if kind == "withdraw":
            return withdrawn(versions, number, today=today)
    except Refusal:
        pass
    return versions


@given(ACTS)
def test_no_two_versions_are_in_force_on_one_day_and_what_was_in_force_stays(acts):
    versions: tuple[Version, ...] = ()
    today, past = TODAY, {}
    for kind, number, length in acts:
        if kind == "wait":
            for waited in range(number):
                past[today + timedelta(days=waited)] = in_force_on(versions, today + timedelta(days=waited))
            today += timedelta(days=number)
        before = versions
        versions = act(versions, kind, number, length, today)
        # Each change may be written row by row, so what has no days left comes with the rest of them.
        assert [v.number for v in versions[: len(before)]] == [v.number for v in before]
        for offset in range(60):
            on = [v for v in versions if v.in_force is not None and v.in_force.includes(TODAY + timedelta(days=offset))]
            assert len(on) <= 1
        for passed, was in past.items():
            now = in_force_on(versions, passed)
            assert (None if now is None else now.number) == (None if was is None else was.number)
