"""Until when a case is kept: the first rule that fits, children shorter, what was unfounded shortest."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta

import pytest
from case_service.domain.erasing import Obstacle, obstacles
from case_service.domain.retention import Kept, Rules, is_expired, retention_of
from case_service.domain.standing import ALL_STATES, ENDED_STATES
from case_service.retention_rules import rules_in_force
from forkant_contracts.codes import AgeBand, CaseState, CaseType, CloseReason, PurposeCode, RejectReason
from hypothesis import given
from hypothesis import strategies as st

RULES = rules_in_force()
BEGAN, ENDED = date(2026, 1, 31), date(2026, 3, 31)
MINORS, ADULTS = (AgeBand.UNDER_15, AgeBand.FROM_15_TO_17), (AgeBand.FROM_18_TO_24, AgeBand.FROM_25)


def known(codes):
    return st.sampled_from([code for code in codes if code.name != "UNKNOWN"])


@st.composite
def cases(draw):
    state = draw(st.sampled_from(ALL_STATES))
    reasons = {CaseState.CLOSED: CloseReason, CaseState.REJECTED: RejectReason}
    began = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    return Kept(
        case_type=draw(known(CaseType)),
        age_band=draw(known(AgeBand)),
        purpose_code=draw(known(PurposeCode)),
        state=state,
        reason=draw(known(reasons[state])) if state in reasons else None,
        began_on=began,
        ended_on=began + timedelta(days=draw(st.integers(0, 900))) if state in ENDED_STATES else None,
        floor=draw(st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1))),
    )


PERSON = Kept(
    case_type="person", age_band="25_plus", purpose_code="prevent_crime", state=CaseState.CLOSED, reason="evaluated",
    began_on=BEGAN, ended_on=ENDED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule", "until"),
    [
        ({}, "closed", date(2029, 3, 31)),
        ({"reason": "unfounded"}, "unfounded", date(2026, 4, 30)),
        ({"state": CaseState.REJECTED, "reason": "no_basis"}, "unfounded", date(2026, 4, 30)),
        ({"state": CaseState.REJECTED, "reason": "not_preventive"}, "rejected", date(2026, 6, 30)),
        ({"state": CaseState.REJECTED, "reason": None}, "rejected", date(2026, 6, 30)),
        ({"reason": "duplicate"}, "duplicate", date(2026, 6, 30)),
        ({"reason": "consent_withdrawn", "age_band": "under_15"}, "consent_withdrawn", date(2026, 6, 30)),
        ({"age_band": "under_15"}, "closed_under_15", date(2027, 3, 31)),
        ({"age_band": "15_17"}, "closed_15_17", date(2027, 9, 30)),
        ({"age_band": "15_17", "purpose_code": "protect_child"}, "closed_child_protection", date(2028, 3, 31)),
        ({"purpose_code": "protect_child"}, "closed", date(2029, 3, 31)),
        ({"state": CaseState.REFERRED, "reason": None}, "referred", date(2027, 3, 31)),
        ({"state": CaseState.REFERRED, "reason": None, "age_band": "15_17"}, "referred_minor", date(2026, 9, 30)),
        ({"case_type": "place", "age_band": "not_applicable"}, "closed_place", date(2031, 3, 31)),
        ({"state": CaseState.ACTIVE, "reason": None, "ended_on": None}, "other", date(2029, 1, 31)),
        (
            {"state": CaseState.ON_HOLD, "reason": None, "ended_on": None, "age_band": "under_15"},
            "open_minor",
            date(2028, 1, 31),
        ),
        ({"floor": date(2030, 1, 1)}, "closed", date(2030, 1, 1)),
        ({"floor": date(2027, 1, 1)}, "closed", date(2029, 3, 31)),
    ],
)
def test_the_first_rule_that_fits_says_the_last_day(change, rule, until):
    found = retention_of(RULES, replace(PERSON, **change))
    assert (found.rule, found.until, found.rules_version) == (rule, until, RULES.version)


@given(cases())
def test_every_case_has_a_last_day_after_it_began_and_not_below_the_floor_of_a_hold(kept):
    until = retention_of(RULES, kept).until
    assert until > (kept.ended_on or kept.began_on)
    assert kept.floor is None or until >= kept.floor


@given(cases(), st.sampled_from(MINORS), st.sampled_from(ADULTS))
def test_a_child_is_never_kept_longer_than_an_adult_in_the_same_standing(kept, minor, adult):
    child, grown = (retention_of(RULES, replace(kept, age_band=band)).until for band in (minor, adult))
    assert child <= grown


@given(cases())
def test_nothing_that_ended_is_kept_shorter_than_what_was_unfounded(kept):
    if kept.state in ENDED_STATES:
        unfounded = replace(kept, state=CaseState.CLOSED, reason="unfounded")
        assert retention_of(RULES, unfounded).until <= retention_of(RULES, kept).until


def test_each_rule_fits_some_case_that_no_rule_before_it_takes():
    met = set()
    for state in ALL_STATES:
        for band in AgeBand:
            for kind in CaseType:
                for purpose in PurposeCode:
                    for reason in (None, *CloseReason, *RejectReason):
                        kept = replace(
                            PERSON, state=state, age_band=band, case_type=kind, purpose_code=purpose, reason=reason
                        )
                        met.add(retention_of(RULES, kept).rule)
    assert met == {rule.code for rule in RULES.rules}


def test_each_rule_says_its_source_and_that_its_months_are_assumed():
    assert all("[a]" in rule.source for rule in RULES.rules)


def document():
    return {
        "version": 2,
        "rules": [
            {"code": "a", "when": {"stands": ["closed"]}, "counts_from": "ended", "months": 1, "source": "s"},
            {"code": "b", "when": {}, "counts_from": "began", "months": 1, "source": "s"},
        ],
    }


@pytest.mark.parametrize(
    ("place", "name", "value", "says"),
    [
        (0, "code", "b", "code of its own"),
        (0, "when", {"theme": ["drugs"]}, "no condition theme"),
        (0, "when", {"stands": ["open"]}, "no end to count from"),
        (0, "when", {"age_band": ["15_17"]}, "no end to count from"),
        (0, "months", 0, "keeps for some months"),
        (0, "source", "", "says its source"),
        (0, "counts_from", "birth", "birth"),
        (1, "when", {"stands": ["closed"]}, "must fit every case"),
    ],
)
def test_rules_that_leave_a_case_without_a_last_day_are_refused(place, name, value, says):
    assert Rules.of(document()).version == 2
    broken = deepcopy(document())
    broken["rules"][place][name] = value
    with pytest.raises(ValueError, match=says):
        Rules.of(broken)


def test_the_last_day_itself_is_not_past():
    assert not is_expired(BEGAN, day=BEGAN)
    assert is_expired(BEGAN, day=BEGAN + timedelta(days=1))


ERASABLE = {
    "state": CaseState.CLOSED, "until": BEGAN, "held": False, "decided_by": "lead", "actor": "privacy",
    "day": BEGAN + timedelta(days=1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"day": BEGAN}, [Obstacle.NOT_EXPIRED]),
        ({"state": CaseState.ACTIVE}, [Obstacle.CASE_OPEN]),
        ({"held": True}, [Obstacle.LEGAL_HOLD]),
        ({"decided_by": None}, [Obstacle.ARCHIVE_DECISION_MISSING]),
        ({"decided_by": "privacy"}, [Obstacle.OWN_ARCHIVE_DECISION]),
        ({"held": True, "decided_by": None}, [Obstacle.LEGAL_HOLD, Obstacle.ARCHIVE_DECISION_MISSING]),
    ],
)
def test_what_stands_in_the_way_of_an_erasure_is_named(change, found):
    assert obstacles(**{**ERASABLE, **change}) == found
