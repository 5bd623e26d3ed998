"""The fold of a case's events gives, after each step of any life, the case that the rules gave."""

from datetime import timedelta

import pytest
from case_service.domain.attempt import Kind
from case_service.domain.folding import EFFECTS, folded, known_at
from case_service.domain.information import InformationState
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import Case
from case_service.domain.timeline import Event
from case_service.events import described
from forkant_contracts import EVENT_TYPES
from forkant_contracts.codes import CaseState
from forkant_contracts.events.measure import MeasureStepCompleted
from forkant_contracts.topics import CASE_TOPIC
from hypothesis import given
from hypothesis import strategies as st

from .test_lifecycle_properties import NOW, OPENED, details, plays, steered

CODES = sorted(
    name.removeprefix("no.forkant.").rpartition(".v")[0]
    for name, kind in EVENT_TYPES.items()
    if kind.TOPIC == CASE_TOPIC
)


def told(version, data, tick=0):
    return Event(
        version=version,
        code=data.TYPE.removeprefix("no.forkant.").rpartition(".v")[0],
        unit="oslo",
        occurred_at=NOW,
        recorded_at=NOW + timedelta(hours=tick),
        facts=data.model_dump(mode="json"),
    )


def life(play):
    """Return the events of a life and, for each step, the case with the number of events that there were."""
    random, plan = play
    case, log = Case(state=CaseState.REGISTERED), [told(1, OPENED)]
    steps = [(1, case)]
    for tick, drawn in enumerate(plan, 1):
        attempt = steered(case, random, drawn)
        try:
            decision = decide(case, attempt)
        except Refusal:
            continue
        stepped = MeasureStepCompleted(measure_id=attempt.item_id, step=attempt.step)
        told_of = {**details(attempt, case), Kind.MEASURE_STEP_COMPLETED: stepped}
        for data in described(decision.happenings, told_of):
            log.append(told(len(log) + 1, data, tick))
        case = decision.case
        steps.append((len(log), case))
    return log, steps


@given(plays)
def test_the_fold_is_the_case_after_each_step(play):
    log, steps = life(play)
    for events, case in steps:
        past = folded(log[:events])
        assert (past.state, past.held_from, past.round, past.restricted, past.merged, past.erased) == (
            case.state, case.held_from, case.round, case.restricted, case.merged, case.erased,
        )  # fmt: skip
        if case.erased:
            continue
        assert past.version == events
        assert {key: (one.state, one.steps_done) for key, one in past.measures.items()} == {
            key: (one.state, one.steps_done) for key, one in case.measures.items()
        }
        assert {key: one.state for key, one in past.follow_ups.items()} == dict(case.follow_ups)
        assert {key for key, one in past.partners.items() if one.removed_at is None} == set(case.partners)
        assert {key: one.outcome is not None for key, one in past.information.items()} == {
            key: state is InformationState.CLARIFIED for key, state in case.information.items()
        }
        assert (past.plan is not None, past.plan is not None and past.plan.approved_at is not None) == (
            case.plan is not None, case.plan is not None and case.plan.approved,
        )  # fmt: skip
        # A draft in the place of one that is completed can't be; before that, no event tells of it.
        assert (past.assessment is not None, past.evaluation is not None) == (case.assessed, case.evaluated)


@given(plays, st.data())
def test_what_is_known_at_a_moment_never_changes_by_what_comes_after(play, data):
    log, _ = life(play)
    moment = NOW + timedelta(hours=data.draw(st.integers(0, 100)))
    known = known_at(log, moment)
    assert all(one.recorded_at <= moment for one in known)
    assert known == log[: len(known)]
    assert known_at(log[: data.draw(st.integers(len(known), len(log)))], moment) == known


def test_what_was_recorded_out_of_order_is_known_with_what_came_before_it():
    log = [told(1, OPENED, 0), told(2, OPENED, 5), told(3, OPENED, 4)]
    assert len(known_at(log, NOW + timedelta(hours=4))) == 1
    assert len(known_at(log, NOW + timedelta(hours=5))) == 3


@pytest.mark.parametrize("versions", [[], [2, 3], [1, 3]])
def test_events_with_a_gap_tell_nothing(versions):
    with pytest.raises(Refusal) as refusal:
        known_at([told(version, OPENED) for version in versions], NOW)
    assert refusal.value.code is Code.HISTORY_DROPPED


@pytest.mark.parametrize("code", sorted({*CODES, *Kind} - {"case.opened"}))
def test_it_is_said_of_each_event_what_it_does(code):
    assert code in EFFECTS


def test_a_life_begins_with_an_opening():
    with pytest.raises(ValueError, match="begin with its opening"):
        folded([])
