from uuid import UUID, uuid4

import pytest
from forkant_contracts.topics import CASE_TOPIC, STEERING_TOPIC
from forkant_kit.gate import ParkReason, Read, Record, judge, merge_waiting, read
from forkant_kit.testing import a_record, broken, unknown_type
from hypothesis import given
from hypothesis import strategies as st

CASE = uuid4()
MAKERS = {"event": a_record, "unknown type": unknown_type, "broken body": broken}
OWN = ("urn:forkant:case-service", "/case-service")
FOREIGN = ("urn:forkant:indicator-service", "/notification-service", "urn:forkant:case-servic", "/test")


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


def on_topic(record: Record, source: str | None, topic: str = CASE_TOPIC) -> Record:
    changed = tuple((n, (source or "").encode() if n == "ce_source" else v) for n, v in record.headers)
    return record._replace(topic=topic, headers=tuple(p for p in changed if source is not None or p[0] != "ce_source"))


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("source", OWN)
def test_what_the_topics_producer_wrote_belongs_to_its_aggregate(kind: str, source: str):
    found = read(on_topic(MAKERS[kind](CASE, 3), source))
    assert (found.aggregate_id, found.version, found.foreign) == (CASE, 3, False)
    assert (found.event is not None, found.problem is not None) == (kind == "event", kind == "broken body")


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("source", FOREIGN)
def test_what_another_wrote_belongs_to_no_aggregate(kind: str, source: str):
    record = on_topic(MAKERS[kind](CASE, 3), source)
    problem = f"the source is not case-service, which alone writes {CASE_TOPIC}"
    assert read(record) == Read(record, None, None, None, problem, foreign=True)


def test_an_event_on_a_topic_that_does_not_carry_its_type_belongs_to_no_aggregate():
    record = on_topic(a_record(CASE, 3), "urn:forkant:indicator-service", STEERING_TOPIC)
    problem = f"the type is not one of indicator-service, which alone writes {STEERING_TOPIC}"
    assert read(record) == Read(record, None, None, None, problem, foreign=True)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_record_that_does_not_say_who_wrote_it_belongs_to_no_aggregate(kind: str):
    found = read(on_topic(MAKERS[kind](CASE, 3), None))
    assert (found.aggregate_id, found.version, found.event, found.foreign) == (None, None, None, False)


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("version", [1, 2, 3, 40])
def test_a_foreign_record_moves_no_version_and_holds_back_nothing(kind: str, version: int):
    real = [read(on_topic(record.record, OWN[0])) for record in reads(1, 2, 3)]
    forged = read(on_topic(MAKERS[kind](CASE, version), FOREIGN[0]))
    verdict = judge([real[0], forged, *real[1:]], {})
    assert [item.version for item in verdict.accept] == [1, 2, 3]
    assert verdict.repeats == 0
    assert [(p.read, p.reason) for p in verdict.park] == [(forged, ParkReason.MALFORMED)]


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
