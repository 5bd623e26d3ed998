from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.comparison import Compared, Side
from indicator_service.aggregation.uncertainty import Interval
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.trial_rules import (
    SMALLEST_PUBLISHED,
    Conclusion,
    Finding,
    Hypothesis,
    Recommendation,
    TrialState,
    check_closing,
    check_hypothesis,
    published,
)

TODAY = date(2026, 5, 10)
CONCLUDED = Conclusion(finding=Finding.INCONCLUSIVE, recommendation=Recommendation.REPEAT, reservations=())


def hypothesis(**given: object) -> Hypothesis:
    base = {
        "unit": "oslo",
        "comparison_unit": "ost",
        "indicator": 10,
        "direction": "higher",
        "expected": 0.1,
        "partners": ("school",),
        "before_from": date(2025, 1, 1),
        "before_until": date(2025, 12, 31),
        "first_day": date(2026, 6, 1),
        "last_day": date(2026, 12, 31),
    }
    return Hypothesis(**(base | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"comparison_unit": "oslo"}, Code.SAME_UNIT),
        ({"first_day": TODAY - timedelta(days=1)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"last_day": date(2026, 5, 31)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"before_until": date(2026, 6, 1)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"before_from": date(2020, 1, 1)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"last_day": date(2026, 6, 29)}, Code.VALIDITY_OUT_OF_RANGE),
        ({"before_from": date(2025, 12, 2)}, Code.VALIDITY_OUT_OF_RANGE),
    ],
)
def test_a_trial_sets_two_units_against_each_other_in_whole_months_to_come(given, code):
    check_hypothesis(hypothesis(), today=TODAY)
    with pytest.raises(Refusal) as refused:
        check_hypothesis(hypothesis(**given), today=TODAY)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("state", "conclusion", "last", "code"),
    [
        (TrialState.CLOSED, CONCLUDED, -1, Code.ALREADY_ENDED),
        (TrialState.WITHDRAWN, CONCLUDED, -1, Code.ALREADY_ENDED),
        (TrialState.REGISTERED, CONCLUDED, 0, Code.TRIAL_GOES_ON),
        (TrialState.REGISTERED, None, -1, Code.CONCLUSION_REQUIRED),
    ],
)
def test_a_trial_closes_once_after_its_last_day_and_with_a_conclusion(state, conclusion, last, code):
    over = TODAY - timedelta(days=1)
    check_closing(TrialState.REGISTERED, CONCLUDED, last_day=over, today=TODAY)
    with pytest.raises(Refusal) as refused:
        check_closing(state, conclusion, last_day=TODAY + timedelta(days=last), today=TODAY)
    assert refused.value.code is code


SIDES = st.integers(0, 300).flatmap(
    lambda whole: st.integers(0, whole).map(
        lambda part: Side(numerator=part, denominator=whole, value=round(part / whole, 4) if whole else None)
    )
)


@given(sides=st.tuples(SIDES, SIDES, SIDES, SIDES), difference=st.floats(-1, 1))
def test_what_is_published_rests_on_no_few_and_tells_no_single_case(sides, difference):
    interval = Interval(round(difference - 0.1, 4), round(difference + 0.1, 4))
    found = published(
        Compared(
            before=sides[0], after=sides[1], others_before=sides[2], others_after=sides[3], change=None,
            others_change=None, difference=round(difference, 4), interval=interval, chance=None, too_few=False,
        )
    )  # fmt: skip
    for side, shown in zip(sides, found.sides, strict=True):
        few = min(side.numerator, side.denominator - side.numerator) < SMALLEST_PUBLISHED
        assert shown.suppressed is few
        if few:
            assert (shown.numerator, shown.denominator, shown.value) == (None, None, None)
        else:
            assert shown.numerator % 10 == shown.denominator % 10 == 0
            assert abs(shown.numerator - side.numerator) <= 5
            assert shown.value == round(side.value, 2)
    hidden = any(shown.suppressed for shown in found.sides)
    assert found.suppressed is hidden
    assert (found.difference is None) is (found.interval is None) is hidden
