from datetime import date, timedelta

import pytest
from case_service.domain.pilots import NO_PILOTS, Days, Pilots, TakingPart, may_be_pilot
from case_service.domain.refusals import Code, Refusal
from forkant_contracts.codes import CaseType
from hypothesis import given
from hypothesis import strategies as st

FIRST = date(2026, 3, 1)
PILOT = CaseType.ONLINE_COMMUNITY


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def part(unit: str, first: int = 0, last: int | None = 99) -> TakingPart:
    return TakingPart(unit=unit, pilot="x", days=Days(first=day(first), last=None if last is None else day(last)))


PILOTS = Pilots(
    piloted={PILOT.value: (Days(first=day(-500), last=day(200)),)},
    open_in={PILOT.value: (part("troms"), part("agder", 10, 20), part("agder", 30, None))},
)


def is_open(unit: str, on: int, case_type: CaseType = PILOT, pilots: Pilots = PILOTS) -> bool:
    try:
        pilots.check(case_type, unit=unit, day=day(on))
    except Refusal as refusal:
        return refusal.code is not Code.PILOT_NOT_OPEN
    return True


@pytest.mark.parametrize(
    ("unit", "on", "expected"),
    [
        ("troms", -1, False),
        ("troms", 0, True),
        ("troms", 99, True),
        ("troms", 100, False),
        ("troms/gde-sentrum", 50, True),
        ("agder", 9, False),
        ("agder", 10, True),
        ("agder", 21, False),
        ("agder", 30, True),
        ("oslo", 50, False),
        ("tromso", 50, False),
    ],
)
def test_a_pilot_is_open_to_who_takes_part_on_the_days_that_they_do(unit, on, expected):
    assert is_open(unit, on) is expected


@pytest.mark.parametrize("on", [-501, 201])
def test_a_type_is_everybodys_on_days_on_which_it_is_no_pilot(on):
    assert is_open("oslo", on)


@given(unit=st.sampled_from(["oslo", "troms", "agder"]), on=st.integers(-900, 900))
def test_what_is_no_pilot_is_open_to_everybody(unit, on):
    for case_type in set(CaseType) - {PILOT}:
        assert is_open(unit, on, case_type)
        assert not may_be_pilot(case_type)
    assert is_open(unit, on, pilots=NO_PILOTS)


def test_a_pilot_that_no_programme_opens_is_open_to_nobody():
    assert not is_open("troms", 0, pilots=Pilots(piloted=PILOTS.piloted))
