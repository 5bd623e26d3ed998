"""When sending to an endpoint pauses, how long, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, sampled_from
from notification_service.domain.attempts import Answer, Outcome
from notification_service.domain.circuit import (
    GIVE_UP_AFTER,
    OPENS_AT,
    PAUSES,
    TELL_EVERY,
    Circuit,
    Ended,
    State,
)
from notification_service.domain.retries import MAX_ATTEMPTS

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def ended(outcome: Outcome = Outcome.REFUSED, *, at: datetime = NOW, retry_after: timedelta | None = None) -> Ended:
    return Ended(answer=Answer(outcome=outcome, retry_after=retry_after), started_at=at, ended_at=at)


def failed(times: int, circuit: Circuit | None = None) -> Circuit:
    return (circuit or Circuit()).after([ended()] * times, jitter=0.5)


@pytest.mark.parametrize(
    "outcome", [o for o in Outcome if o not in {Outcome.DELIVERED, Outcome.UNSIGNED, Outcome.FAULT}]
)
def test_failures_in_a_row_pause_an_endpoint_whatever_they_are(outcome):
    attempts = [ended(outcome)] * OPENS_AT
    assert Circuit().after(attempts[1:], jitter=0.5).state(NOW) is State.CLOSED
    circuit = Circuit().after(attempts, jitter=0.5)
    assert (circuit.state(NOW), circuit.trips, circuit.open_until) == (State.OPEN, 1, NOW + PAUSES[0])


def test_the_fifth_failure_in_a_row_pauses_an_endpoint_as_its_owners_read():
    assert failed(4).state(NOW) is State.CLOSED
    assert failed(5).state(NOW) is State.OPEN


@pytest.mark.parametrize("outcome", [Outcome.UNSIGNED, Outcome.FAULT])
def test_faults_of_ours_say_nothing_of_the_receiver(outcome):
    assert Circuit().after([ended(outcome)] * 20, jitter=0.5) == Circuit()


def test_one_that_arrives_in_between_starts_the_count_again():
    attempts = [*[ended()] * (OPENS_AT - 1), ended(Outcome.DELIVERED), *[ended()] * (OPENS_AT - 1)]
    assert Circuit().after(attempts, jitter=0.5).state(NOW) is State.CLOSED


def test_what_was_under_way_when_the_pause_began_makes_it_no_longer():
    assert failed(OPENS_AT + 7).trips == 1


def test_each_probe_that_fails_makes_the_pause_longer_up_to_the_longest():
    circuit, pauses = failed(OPENS_AT), []
    for _ in range(len(PAUSES) + 2):
        probed_at = circuit.open_until
        assert circuit.state(probed_at) is State.HALF_OPEN
        circuit = circuit.after([ended(at=probed_at)], jitter=0.5)
        pauses.append(circuit.open_until - probed_at)
    assert pauses == [*PAUSES[1:], PAUSES[-1], PAUSES[-1], PAUSES[-1]]


def test_a_probe_that_arrives_ends_the_pause_and_forgets_the_failures():
    circuit = failed(OPENS_AT)
    assert circuit.after([ended(Outcome.DELIVERED, at=circuit.open_until)], jitter=0.5) == Circuit()


def test_a_receiver_that_asks_for_more_time_gets_it_within_bounds():
    attempts = [ended(retry_after=timedelta(hours=1))] * OPENS_AT
    assert Circuit().after(attempts, jitter=0.5).open_until == NOW + timedelta(hours=1)
    attempts = [ended(retry_after=timedelta(days=365))] * OPENS_AT
    assert Circuit().after(attempts, jitter=0.5).open_until == NOW + timedelta(hours=12)


def test_owners_are_told_once_a_day_even_of_an_endpoint_that_comes_and_goes():
    circuit = failed(OPENS_AT)
    assert circuit.to_be_told(NOW)
    told = Circuit(told_at=NOW)
    again = failed(OPENS_AT, told.after([ended(Outcome.DELIVERED)], jitter=0.5))
    assert not again.to_be_told(NOW + TELL_EVERY - timedelta(seconds=1))
    assert again.to_be_told(NOW + TELL_EVERY)
    assert not Circuit().to_be_told(NOW)


def test_an_endpoint_is_given_up_after_three_days_and_as_many_failures_as_a_delivery_has_attempts():
    assert not failed(MAX_ATTEMPTS - 1).given_up(NOW + GIVE_UP_AFTER)
    assert failed(MAX_ATTEMPTS).given_up(NOW + GIVE_UP_AFTER)
    assert not failed(MAX_ATTEMPTS).given_up(NOW + GIVE_UP_AFTER - timedelta(seconds=1))


@given(lists(sampled_from(Outcome), max_size=40), floats(0, 1), integers(1, 600))
def test_a_pause_always_ends_and_never_lasts_longer_than_the_longest_with_its_jitter(outcomes, jitter, seconds):
    circuit, at = Circuit(), NOW
    for outcome in outcomes:
        before, at = circuit, at + timedelta(seconds=seconds)
        circuit = circuit.after([ended(outcome, at=at)], jitter=jitter)
        if circuit.open_until != before.open_until and circuit.open_until is not None:
            assert circuit.open_until - at <= PAUSES[-1] * 1.1
        assert (circuit.failures == 0) == (circuit.failing_since is None)
        assert (circuit.open_until is None) == (circuit.trips == 0)
