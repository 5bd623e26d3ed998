"""Searches that people keep: who may share one, whose they are, how many and how long."""

from datetime import date

import pytest
from case_service.domain.refusals import Code, Refusal
from case_service.domain.searches import MOST_SEARCHES, check_owner, check_room, check_sharing, last_day


def refused(check, **given) -> Code:
    with pytest.raises(Refusal) as caught:
        check(**given)
    return caught.value.code


def test_a_lead_alone_shares_with_the_unit():
    assert refused(check_sharing, shared=True, roles={"case_officer", "privacy_officer"}) is Code.SHARING_IS_FOR_LEADS
    check_sharing(shared=True, roles={"prevention_lead"})
    check_sharing(shared=False, roles={"case_officer"})


def test_who_keeps_it_alone_changes_it():
    with pytest.raises(Refusal) as caught:
        check_owner("officer-oslo", actor="lead-oslo")
    assert caught.value.code is Code.SEARCH_OF_SOMEBODY_ELSE
    check_owner("officer-oslo", actor="officer-oslo")


def test_a_person_keeps_so_many_and_no_more():
    check_room(MOST_SEARCHES - 1)
    with pytest.raises(Refusal):
        check_room(MOST_SEARCHES)


def test_a_search_is_kept_for_a_year():
    assert last_day(date(2026, 2, 28)) == date(2027, 2, 28)
    assert last_day(date(2028, 2, 29)) == date(2029, 2, 28)
