"""What is thought of a fact and an answer: a table, and whatever the order in which they are looked at."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_contracts.codes import AgeBand, CaseType, Theme
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.facts import NO_CASE, CaseFact, MeasureFact, Turn
from indicator_service.definitions import Metric
from indicator_service.self_audit.judging import (
    Answered,
    Judgement,
    Look,
    Reason,
    Versions,
    differing,
    judge,
    touched_by,
)

OPENED_AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
ASKED_AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
LATER, EARLIER = ASKED_AT + timedelta(seconds=1), ASKED_AT - timedelta(seconds=1)
CASE = CaseFact(
    version=3, unit="oslo", case_type=CaseType.PERSON, theme=Theme.DRUGS, age_band=AgeBand.FROM_18_TO_24,
    opened_at=OPENED_AT, course=((date(2026, 3, 10), Turn.OPENED),),
)  # fmt: skip


def look(expected, found, *, before=None, watermark=LATER, gate=None, gate_before=None, waited_for=None):
    """The gate is where the fact is, unless it is said to be elsewhere."""
    known = None if before is None else Versions(fact=before, gate=before if gate_before is None else gate_before)
    return Look(
        expected=expected, found=found, before=known, as_of=ASKED_AT, watermark=watermark, waited_for=waited_for,
        gate=found.version if gate is None else gate,
    )  # fmt: skip


def answered(version, *, before_watermark):
    at = EARLIER - timedelta(seconds=1) if before_watermark else ASKED_AT
    return Answered(version=version, as_of=at)


OLDER, NEWER = replace(CASE, version=2), replace(CASE, version=4)
TABLE = [
    ("alike", look(CASE, CASE), None),
    ("alike before the stream has passed", look(CASE, CASE, watermark=EARLIER), None),
    ("another content", look(CASE, replace(CASE, theme=Theme.VIOLENCE)), Reason.DIFFERENT),
    (
        "another content before the stream has passed",
        look(CASE, replace(CASE, unit="vest"), watermark=None),
        "different",
    ),
    ("older, on its way", look(CASE, OLDER, before=2, watermark=EARLIER), Reason.ON_ITS_WAY),
    ("older, nothing known of the stream", look(CASE, OLDER, before=2, watermark=None), Reason.ON_ITS_WAY),
    ("older, the stream has passed", look(CASE, OLDER, before=2), Reason.BEHIND),
    ("older, the stream is just there", look(CASE, OLDER, before=2, watermark=ASKED_AT), Reason.BEHIND),
    ("none, on its way", look(CASE, NO_CASE, before=0, watermark=EARLIER), Reason.ON_ITS_WAY),
    ("none, the stream has passed", look(CASE, NO_CASE, before=0), Reason.MISSING),
    ("newer, since it was changed meanwhile", look(CASE, NEWER, before=3), Reason.ON_ITS_WAY),
    ("newer, from afar", look(CASE, NEWER), Reason.ON_ITS_WAY),
    ("newer than what was known after it was seen", look(CASE, NEWER, before=4), Reason.AHEAD),
    ("not known, from afar", look(None, CASE), Reason.ON_ITS_WAY),
    ("not known, and made meanwhile", look(None, CASE, before=0), Reason.ON_ITS_WAY),
    ("not known after it was seen", look(None, CASE, before=3), Reason.UNKNOWN),
    ("not known, and gone", look(None, NO_CASE, before=3), None),
    ("alike, the gate ahead, from afar", look(CASE, CASE, gate=53), Reason.ON_ITS_WAY),
    ("older, the gate ahead, from afar", look(CASE, OLDER, gate=52), Reason.ON_ITS_WAY),
    ("alike, the gate moved on meanwhile", look(CASE, CASE, before=3, gate=4), Reason.ON_ITS_WAY),
    ("alike, the gate ahead before it was asked", look(CASE, CASE, before=3, gate=53, gate_before=53), Reason.GATE),
    ("older, the gate ahead", look(CASE, OLDER, before=2, gate=52, gate_before=52, watermark=EARLIER), Reason.GATE),
    ("both ahead, as after a restore", look(CASE, NEWER, before=4), Reason.AHEAD),
]
WAITING = [
    ("never reached", CASE, OLDER, answered(3, before_watermark=True), Reason.BEHIND),
    ("never there", CASE, NO_CASE, answered(1, before_watermark=True), Reason.MISSING),
    ("not reached yet", CASE, OLDER, answered(3, before_watermark=False), Reason.ON_ITS_WAY),
    ("reached, and changed again", CASE, OLDER, answered(2, before_watermark=True), "moved"),
    ("newer than the answer by what came after it", CASE, NEWER, answered(3, before_watermark=True), "moved"),
    ("reached", CASE, CASE, answered(3, before_watermark=True), None),
]


@pytest.mark.parametrize(("asked", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_thought_of_a_look(asked, expected):
    found = judge(asked)
    assert (None if found is None else found.reason) == expected


@pytest.mark.parametrize(
    ("expected", "found", "waited_for", "thought"), [row[1:] for row in WAITING], ids=[row[0] for row in WAITING]
)
def test_what_is_thought_of_a_fact_that_an_earlier_answer_was_newer_than(expected, found, waited_for, thought):
    """The stream is always a little behind the answer that was just given."""
    judged = judge(look(expected, found, before=min(found.version, 3), watermark=EARLIER, waited_for=waited_for))
    if thought == "moved":
        assert judged == Judgement(reason=Reason.ON_ITS_WAY, moved=True)
    else:
        assert (judged and judged.reason) == thought
        assert judged is None or not judged.moved


def test_a_difference_is_named_by_its_fields_and_by_what_is_counted_wrongly_where():
    found = judge(look(CASE, replace(CASE, theme=Theme.VIOLENCE, age_band=AgeBand.UNDER_15)))
    assert found is not None
    assert found.fields == ("theme", "age_band")
    assert found.touched.keys() == {"oslo"}
    assert {Metric.OPENED, Metric.NOT_STARTED, Metric.ACTIVE, Metric.UNDER_18} <= found.touched["oslo"]


def test_a_case_in_the_wrong_unit_touches_both():
    found = judge(look(CASE, replace(CASE, unit="vest/gde-x")))
    assert found is not None
    assert found.touched.keys() == {"oslo", "vest"}


def test_a_difference_that_counts_for_nothing_touches_the_unit_and_no_metric():
    assert judge(look(CASE, replace(CASE, restricted=True))) == Judgement(
        reason=Reason.DIFFERENT, fields=("restricted",), touched={"oslo": frozenset()}
    )


def test_what_no_table_keeps_is_no_difference():
    measured = replace(CASE, measures={uuid4(): MeasureFact(steps=("visit_made",))})
    expected = replace(measured, measures={key: MeasureFact() for key in measured.measures})
    assert differing(expected, replace(measured, activated_at=OPENED_AT)) == ()


def test_a_missing_case_touches_all_that_it_would_count_in():
    assert touched_by(CASE, NO_CASE)["oslo"] >= {Metric.OPENED, Metric.ACTIVE, Metric.NOT_STARTED}


@given(
    told=st.integers(1, 5),
    before=st.integers(0, 5),
    applied=st.integers(0, 3),
    passed=st.booleans(),
    committed=st.integers(0, 3),
)
def test_a_projector_that_applies_what_was_committed_in_order_is_never_called_drifted(
    told, before, applied, passed, committed
):
    """The fact was there before the question, the answer came, events were committed and applied, then it was read."""
    before = min(before, told)  # the case service knew it when it was asked
    newest = told + committed
    found = min(before + applied, newest)
    if passed:
        found = max(found, told)  # what a watermark says
    fact = replace(CASE, version=found) if found else NO_CASE
    asked = look(replace(CASE, version=told), fact, before=before, watermark=LATER if passed else EARLIER)
    judged = judge(asked)
    assert judged is None or judged.reason is Reason.ON_ITS_WAY
    assert (judged is None) == (found == told)


@given(told=st.integers(2, 5), lost=st.integers(1, 4))
def test_a_lost_event_is_found_once_the_stream_has_passed(told, lost):
    found = max(told - lost, 0)
    fact = replace(CASE, version=found) if found else NO_CASE
    judged = judge(look(replace(CASE, version=told), fact, before=found))
    assert judged is not None
    assert judged.reason is (Reason.BEHIND if found else Reason.MISSING)
