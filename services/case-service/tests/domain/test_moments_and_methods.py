from datetime import UTC, date, datetime, timedelta

import pytest
from case_service.domain.methods import Step, check_step, mandatory_steps_met
from case_service.domain.moments import add_months, clarification_deadline, due, local_day, when
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Measure, MeasureState, Method

NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
STEPS = (Step("invited", mandatory=True), Step("held", mandatory=True), Step("summary", mandatory=False))
CONVERSATION = Method("concern_conversation", 1)


def measure(*done: str, method: Method | None = CONVERSATION) -> Measure:
    return Measure(state=MeasureState.STARTED, method=method, steps_done=frozenset(done))


def test_without_a_stated_moment_a_thing_happened_now():
    assert when(occurred_at=None, now=NOW) == NOW


def test_a_thing_that_happens_now_never_comes_before_an_opening_a_minute_ahead():
    ahead = NOW + timedelta(seconds=40)
    assert when(occurred_at=None, now=NOW, not_before=ahead) == ahead


@pytest.mark.parametrize("back", [timedelta(0), timedelta(days=5 * 365), timedelta(seconds=-60)])
def test_a_moment_within_five_years_back_and_a_minute_ahead_is_taken(back):
    assert when(occurred_at=NOW - back, now=NOW) == NOW - back


@pytest.mark.parametrize("back", [timedelta(days=5 * 365 + 3), timedelta(seconds=-61)])
def test_a_moment_outside_is_refused(back):
    with pytest.raises(Refusal) as caught:
        when(occurred_at=NOW - back, now=NOW)
    assert caught.value.code is Code.OCCURRED_AT_OUT_OF_RANGE


def test_nothing_happens_to_a_case_before_its_opening():
    with pytest.raises(Refusal):
        when(occurred_at=NOW - timedelta(hours=2), now=NOW, not_before=NOW - timedelta(hours=1))


def test_a_due_day_before_the_opening_or_far_ahead_is_refused():
    assert due(due_on=date(2026, 4, 1), opened_at=NOW, now=NOW) == date(2026, 4, 1)
    for day in (date(2026, 3, 31), date(2031, 4, 2)):
        with pytest.raises(Refusal):
            due(due_on=day, opened_at=NOW, now=NOW)


def test_days_are_norwegian_days():
    assert local_day(NOW) == date(2026, 4, 1)
    assert clarification_deadline(NOW) == date(2026, 8, 1)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 10, 31), 4, date(2027, 2, 28)),
        (date(2027, 10, 31), 4, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2024, 2, 29), -60, date(2019, 2, 28)),
    ],
)
def test_months_are_added_within_the_calendar(day, months, expected):
    assert add_months(day, months) == expected


def test_mandatory_steps_are_met_when_each_was_done_and_optional_ones_do_not_count():
    assert mandatory_steps_met(measure=measure("invited", "held"), steps=STEPS) is True
    assert mandatory_steps_met(measure=measure("invited", "summary"), steps=STEPS) is False
    assert mandatory_steps_met(measure=measure(method=None), steps=()) is None


@pytest.mark.parametrize(
    ("done", "method", "step", "code"),
    [
        ((), CONVERSATION, "danced", Code.UNKNOWN_STEP),
        (("held",), CONVERSATION, "held", Code.STEP_ALREADY_DONE),
        ((), None, "held", Code.NO_STANDARD),
    ],
)
def test_a_step_that_cannot_be_done_is_refused(done, method, step, code):
    with pytest.raises(Refusal) as caught:
        check_step(measure=measure(*done, method=method), steps=STEPS, step=step)
    assert caught.value.code is code
