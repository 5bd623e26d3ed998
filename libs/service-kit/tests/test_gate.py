from uuid import UUID, uuid4

from forkant_kit.gate import ParkReason, Read, judge, merge_waiting, read
from forkant_kit.testing import a_record, broken, unknown_type
from hypothesis import given
from hypothesis import strategies as st

CASE = uuid4()


def reads(*versions: int, aggregate: UUID = CASE) -> list[Read]:
    return [read(a_record(aggregate, version, offset)) for offset, version in enumerate(versions)]


def test_versions_in_order_are_accepted():
    assert [r.version for r in judge(reads(1, 2, 3), {}).accept] == [1, 2, 3]


def test_a_repeat_is_dropped_and_counted():
    verdict = judge(reads(1, 1, 2, 1, 2), {})
    assert [r.version for r in verdict.accept] == [1, 2]
    assert verdict.repeats == 3


def test_a_gap_parks_that_aggregate_and_lets_others_flow():
    other = uuid4()
    verdict = judge([*reads(1, 3, 4), *reads(1, 2, aggregate=other)], {})
    assert verdict.versions == {CASE: 1, other: 2}
    assert [p.reason for p in verdict.park] == [ParkReason.GAP, ParkReason.BEHIND_PARKED]


def test_an_unknown_type_moves_the_version_and_is_not_applied():
    verdict = judge([*reads(1), read(unknown_type(CASE, 2)), *reads(3)], {})
    assert verdict.versions == {CASE: 3}
    assert len(verdict.events) == 2


def test_an_unreadable_event_holds_back_what_follows_in_its_aggregate():
    verdict = judge([*reads(1), read(broken(CASE, 2)), *reads(3)], {})
    assert verdict.versions == {CASE: 1}
    assert [p.reason for p in verdict.park] == [ParkReason.MALFORMED, ParkReason.BEHIND_PARKED]


def test_a_record_that_names_no_aggregate_is_parked_alone():
    verdict = judge([read(broken(None, None)), *reads(1)], {})
    assert verdict.versions == {CASE: 1}
    assert verdict.park[0].reason is ParkReason.MALFORMED


def test_the_missing_event_releases_what_waits_behind_it():
    first = judge(reads(1, 3, 4), {})
    waiting = [p.read for p in first.park]
    second = judge(merge_waiting(reads(2), waiting), first.versions, frozenset({CASE}))
    assert [r.version for r in second.accept] == [2, 3, 4]
    assert second.park == []


@given(st.lists(st.integers(1, 6), max_size=40), st.data())
def test_whatever_comes_each_version_is_accepted_once_and_in_order(arrivals: list[int], data: st.DataObject):
    accepted: list[int] = []
    waiting: list[Read] = []
    last: dict[UUID, int] = {}
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        batch, arrivals = arrivals[:size], arrivals[size:]
        verdict = judge(merge_waiting(reads(*batch), waiting), last, frozenset({CASE} if waiting else ()))
        accepted += [r.version for r in verdict.accept if r.version]
        last |= verdict.versions
        waiting = [p.read for p in verdict.park]
    assert accepted == list(range(1, len(accepted) + 1))
