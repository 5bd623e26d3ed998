"""What may be said of what was found: never that there is no drift where nothing is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.definitions import load_catalogue
from indicator_service.self_audit.standing import State, by_indicator, state_of

VERSIONS = {each.number: each.versions[-1] for each in load_catalogue().indicators}


@pytest.mark.parametrize(
    ("age", "within", "drifting", "state"),
    [
        (None, None, 0, State.NEVER),
        (None, None, 1, State.DRIFTS),
        (5.0, 10.0, 0, State.AGREES),
        (10.0, 10.0, 0, State.AGREES),
        (10.1, 10.0, 0, State.OVERDUE),
        (10.1, 10.0, 2, State.DRIFTS),
        (5.0, 10.0, 2, State.DRIFTS),
    ],
)
def test_what_is_said(age, within, drifting, state):
    assert state_of(age_s=age, within_s=within, drifting=drifting) is state


@given(age=st.floats(0, 1e9) | st.none(), within=st.floats(0, 1e9))
def test_agreement_is_said_only_of_what_is_recent(age, within):
    assert (state_of(age_s=age, within_s=within, drifting=0) is State.AGREES) == (age is not None and age <= within)


def test_an_indicator_is_touched_by_at_least_the_most_that_one_of_its_parts_is():
    drift = [("oslo", "", 3), ("oslo", "closed", 2), ("oslo", "closed_evaluated", 1), ("vest", "", 1)]
    found = by_indicator(drift, VERSIONS)
    assert found["vest"] == (1, {})
    items, numbers = found["oslo"]
    assert (items, numbers[10]) == (3, 2)
    assert 12 not in numbers
