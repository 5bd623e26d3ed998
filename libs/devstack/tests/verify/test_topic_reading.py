from dataclasses import dataclass, field
from uuid import UUID, uuid4

from aiokafka import TopicPartition
from forkant_devstack.verify.topics import Reading

AGGREGATE = UUID("01900000-0000-7000-8000-00000000000a")


@dataclass
class Record:
    version: int
    offset: int
    topic: str = "forkant.case.v1"
    partition: int = 3
    event_id: UUID = field(default_factory=uuid4)

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        pairs = {
            "ce_id": self.event_id,
            "ce_partitionkey": AGGREGATE,
            "ce_aggregateversion": self.version,
            "ce_type": "no.forkant.case.opened.v1",
            "ce_unit": "oslo",
        }
        return [(name, str(value).encode()) for name, value in pairs.items()]


def read(*versions: int, trimmed: bool = False) -> Reading:
    reading = Reading(trimmed={TopicPartition("forkant.case.v1", 3)} if trimmed else set())
    for offset, version in enumerate(versions):
        reading.take(Record(version, offset))
    return reading


def test_versions_from_1_without_a_gap_are_in_order():
    assert read(1, 2, 3).disorder == []


def test_a_gap_is_named_with_its_place():
    [difference] = read(1, 3).disorder
    assert str(difference) == (f"forkant.case.v1-3 offset 1, aggregate {AGGREGATE}: version 3, should be version 2")


def test_a_version_that_comes_late_is_named():
    assert [each.found for each in read(1, 3, 2).disorder] == ["version 3", "version 2"]


def test_another_event_under_a_used_version_is_named():
    assert [each.found for each in read(1, 2, 2).disorder] == ["version 2"]


def test_an_aggregate_that_begins_later_is_named_unless_the_topic_was_trimmed():
    assert len(read(4, 5).disorder) == 1
    assert read(4, 5, trimmed=True).disorder == []


def test_versions_published_again_after_the_topic_was_trimmed_are_in_an_order_of_their_own():
    assert read(4, 5, 1, 2, 3, 6, trimmed=True).disorder == []
    assert read(4, 2, 5, 3, trimmed=True).disorder == []
    assert [each.found for each in read(4, 1, 3, trimmed=True).disorder] == ["version 3"]
    assert len(read(4, 1, 2, 3, 6, trimmed=True).disorder) == 1
    assert len(read(1, 3, 2).disorder) == 2


def test_repeats_of_the_same_events_are_dropped_wherever_they_come():
    reading, records = Reading(), [Record(version, version) for version in (1, 2, 3)]
    for record in (*records, *records[1:]):
        reading.take(record)
    assert reading.disorder == []
    assert reading.repeats == 2


def test_a_record_without_the_attributes_of_an_event_is_named():
    record = Record(1, 0)
    reading = Reading()
    reading.take(type("Bare", (), {"topic": "t", "partition": 0, "offset": 7, "headers": record.headers[:2]})())
    assert [each.key for each in reading.malformed] == ["t-0 offset 7"]
