"""The ladder: ten attempts over three days."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, none, text, timedeltas
from notification_service.domain.attempts import Answer, Outcome, Reason, Status, judge_status, settle
from notification_service.domain.retries import LADDER, MAX_ATTEMPTS, MAX_RETRY_AFTER, parse_retry_after, wait

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
jitters = floats(0, 1, exclude_max=True)
attempts = integers(1, MAX_ATTEMPTS - 1)
retry_afters = none() | timedeltas(timedelta(0), timedelta(days=400))


def test_there_are_ten_attempts_over_about_three_days():
    assert MAX_ATTEMPTS == 10
    assert timedelta(hours=70) < sum(LADDER, timedelta()) < timedelta(hours=72)
    assert list(LADDER) == sorted(LADDER)


@given(attempts, jitters, retry_afters)
def test_a_wait_is_a_tenth_around_its_rung_and_never_shorter_than_asked_for(attempt, jitter, retry_after):
    found = wait(attempt=attempt, jitter=jitter, retry_after=retry_after)
    assert found is not None
    assert found >= LADDER[attempt - 1] * 0.899
    assert found <= max(LADDER[attempt - 1] * 1.101, MAX_RETRY_AFTER)
    if retry_after is not None:
        assert found >= min(retry_after, MAX_RETRY_AFTER)


@given(integers(MAX_ATTEMPTS, 1000), jitters)
def test_after_the_last_attempt_nothing_follows(attempt, jitter):
    assert wait(attempt=attempt, jitter=jitter, retry_after=timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("99999999999999", timedelta(seconds=10**8)),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Sun, 01 Mar 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Sun, 01 Mar 99999 11:00:00 GMT", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(value, found):
    assert parse_retry_after(value, now=NOW) == found


@given(text())
def test_no_retry_after_breaks_the_reader(value):
    found = parse_retry_after(value, now=NOW)
    assert found is None or found >= timedelta(0)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (301, Outcome.REDIRECTED),
        (304, Outcome.REDIRECTED),
        (307, Outcome.REDIRECTED),
        (400, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (410, Outcome.GONE),
        (429, Outcome.REFUSED),
        (500, Outcome.REFUSED),
        (101, Outcome.REFUSED),
        (999, Outcome.REFUSED),
    ],
)
def test_a_status_is_read_by_its_class(status, outcome):
    assert judge_status(status, retry_after=None).outcome is outcome


@pytest.mark.parametrize(("status", "heard"), [(429, True), (503, True), (500, False), (301, False)])
def test_retry_after_is_heard_where_http_gives_it_a_meaning(status, heard):
    hour = timedelta(hours=1)
    assert judge_status(status, retry_after=hour).retry_after == (hour if heard else None)


def settled(outcome: Outcome, *, attempt: int = 1, is_ping: bool = False):
    return settle(Answer(outcome=outcome), attempt=attempt, is_ping=is_ping, ended_at=NOW, jitter=0.5)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in {Outcome.DELIVERED, Outcome.GONE}])
def test_a_failure_waits_for_its_next_attempt_and_the_last_one_is_a_dead_letter(outcome):
    first = settled(outcome)
    assert (first.status, first.next_attempt_at) == (Status.PENDING, NOW + LADDER[0])
    last = settled(outcome, attempt=MAX_ATTEMPTS)
    assert (last.status, last.reason, last.disable_endpoint) == (Status.DEAD, Reason.ATTEMPTS_USED, False)


def test_gone_ends_the_delivery_and_disables_the_endpoint():
    verdict = settled(Outcome.GONE)
    assert (verdict.status, verdict.reason, verdict.disable_endpoint) == (Status.DEAD, Reason.ENDPOINT_GONE, True)


def test_a_ping_is_tried_once_and_leaves_no_dead_letter():
    assert settled(Outcome.DELIVERED, is_ping=True).status is Status.DELIVERED
    assert settled(Outcome.TIMED_OUT, is_ping=True).status is Status.FAILED
    assert settled(Outcome.GONE, is_ping=True).disable_endpoint
