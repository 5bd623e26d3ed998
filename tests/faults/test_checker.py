"""The checker finds each way to break a guarantee, in facts made up for it."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from forkant_devstack.faults.checker import Breach, judge
from forkant_devstack.faults.evidence import Change, Evidence, OnKafka
from forkant_devstack.faults.history import Attempt, History, Outcome, read_histories

CASE, OTHER = UUID(int=1), UUID(int=2)


def change(version: int, aggregate: UUID = CASE) -> Change:
    return Change(aggregate, version, UUID(int=aggregate.int * 1000 + version))


def asked(made: Change, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Attempt:
    return Attempt(change=made.change, aggregate=made.aggregate, version=made.version, outcome=outcome, at=0.0)


def sent(*changes: Change, partition: int = 0) -> list[OnKafka]:
    return [OnKafka(partition=partition, offset=place, change=each) for place, each in enumerate(changes)]


ONE, TWO, THREE = change(1), change(2), change(3)
ALL = [ONE, TWO, THREE]
GOOD = Evidence(
    attempts=[asked(each) for each in ALL], versions={CASE: 3}, made=ALL, archived=ALL, kafka=sent(*ALL), ledger=ALL
)


def breaches(evidence: Evidence) -> set[Breach]:
    return {finding.breach for finding in judge(evidence).findings}


def test_a_run_in_which_all_held_has_no_findings():
    assert breaches(GOOD) == set()
    assert judge(GOOD).acknowledged == judge(GOOD).operations == 3


def test_repeats_on_kafka_are_allowed_and_counted():
    repeated = replace(GOOD, kafka=sent(ONE, TWO, ONE, TWO, THREE, ONE))
    assert breaches(repeated) == set()
    assert judge(repeated).duplicated == 3


def test_a_change_of_unknown_outcome_may_be_there_or_not():
    there = replace(GOOD, attempts=[asked(ONE), asked(TWO), asked(THREE, Outcome.UNKNOWN)])
    absent = replace(GOOD, attempts=[*GOOD.attempts, asked(change(4), Outcome.UNKNOWN)])
    assert breaches(there) == breaches(absent) == set()


PLANTED = {
    "acknowledged and nowhere": (replace(GOOD, attempts=[*GOOD.attempts, asked(change(1, OTHER))]), {Breach.LOST}),
    "acknowledged and only in the writers' table": (
        replace(GOOD, archived=ALL[:2], kafka=sent(ONE, TWO), ledger=ALL[:2]),
        {Breach.LOST, Breach.TABLES_DIFFER},
    ),
    "refused and kept": (
        replace(GOOD, attempts=[asked(ONE), asked(TWO), asked(THREE, Outcome.REFUSED)]),
        {Breach.REFUSED_KEPT},
    ),
    "kept and never asked for": (replace(GOOD, attempts=[asked(ONE), asked(TWO)]), {Breach.UNASKED}),
    "a row behind its archive": (replace(GOOD, versions={CASE: 2}), {Breach.TABLES_DIFFER}),
    "an archive without its row": (replace(GOOD, versions={}), {Breach.TABLES_DIFFER}),
    "neither in the outbox nor on Kafka": (replace(GOOD, kafka=sent(ONE, TWO)), {Breach.LOST}),
    "still waiting at the end": (replace(GOOD, kafka=sent(ONE, TWO), waiting=[THREE.change]), {Breach.UNPUBLISHED}),
    "sent out of order": (replace(GOOD, kafka=sent(ONE, THREE, TWO)), {Breach.OUT_OF_ORDER}),
    "a gap on Kafka": (
        replace(GOOD, kafka=sent(ONE, THREE), waiting=[TWO.change]),
        {Breach.OUT_OF_ORDER, Breach.UNPUBLISHED},
    ),
    "first out of order and then repeated in order": (
        replace(GOOD, kafka=sent(TWO, ONE, TWO, THREE)),
        {Breach.OUT_OF_ORDER},
    ),
    "on two partitions": (
        replace(GOOD, kafka=[*sent(ONE, TWO), OnKafka(partition=1, offset=0, change=THREE)]),
        {Breach.OUT_OF_ORDER},
    ),
    "on Kafka and not in the archive": (replace(GOOD, kafka=sent(*ALL, change(4))), {Breach.UNASKED}),
    "applied twice": (replace(GOOD, ledger=[ONE, ONE, TWO, THREE]), {Breach.APPLIED_TWICE}),
    "not applied": (replace(GOOD, ledger=[ONE, TWO]), {Breach.NOT_APPLIED}),
    "applied out of order": (replace(GOOD, ledger=[TWO, ONE, THREE]), {Breach.APPLIED_OUT_OF_ORDER}),
    "applied and not due": (replace(GOOD, ledger=[*ALL, change(4)]), {Breach.UNASKED}),
    "planted and not applied": (replace(GOOD, planted=[change(1, OTHER)]), {Breach.NOT_APPLIED}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_broken_guarantee_is_found_and_named(name: str):
    evidence, expected = PLANTED[name]
    assert breaches(evidence) == expected


def test_a_history_says_what_was_answered_and_leaves_the_rest_unknown(tmp_path: Path):
    ids = [uuid4() for _ in range(3)]
    with History(tmp_path / "a.jsonl") as history:
        for version, each in enumerate(ids, start=1):
            history.attempt(each, aggregate=CASE, version=version)
        history.answered(ids[0], Outcome.ACKNOWLEDGED)
        history.answered(ids[1], Outcome.REFUSED)
    with History(tmp_path / "a.jsonl") as again:
        again.attempt(ids[0], aggregate=OTHER, version=7)
    found = {attempt.change: attempt for attempt in read_histories([tmp_path / "a.jsonl"])}
    assert [found[each].outcome for each in ids[1:]] == [Outcome.REFUSED, Outcome.UNKNOWN]
    assert found[ids[0]].version == 7


def test_an_answer_to_nothing_is_refused(tmp_path: Path):
    with History(tmp_path / "a.jsonl") as history:
        history.answered(uuid4(), Outcome.ACKNOWLEDGED)
    with pytest.raises(ValueError, match="never attempted"):
        read_histories([tmp_path / "a.jsonl"])
