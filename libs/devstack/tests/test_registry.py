"""The topic registry says of each service what the service does."""

import case_service.consumers
import case_service.settings
import pytest
from forkant_contracts.topics import TOPICS
from indicator_service import generations
from notification_service import consumers

READERS = {
    generations.group_of(generations.FIRST): generations.READ,
    consumers.GROUP: consumers.TOPICS,
    case_service.consumers.GROUP: case_service.consumers.TOPICS,
}


@pytest.mark.parametrize("group", sorted(READERS))
def test_a_service_reads_the_topics_that_the_registry_says_it_reads(group: str) -> None:
    assert set(READERS[group]) == {topic.name for topic in TOPICS.values() if group in topic.consumers}


def test_every_consumer_of_the_registry_is_a_service_that_reads() -> None:
    assert {group for topic in TOPICS.values() for group in topic.consumers} == set(READERS)


def test_the_case_service_publishes_what_the_registry_says_it_writes() -> None:
    assert [t.name for t in TOPICS.values() if t.producer == case_service.settings.SERVICE] == [
        "forkant.case.v1",
        "forkant.concern.v1",
        "forkant.catalogue.v1",
        "forkant.access.v1",
        "forkant.case-operations.v1",
    ]
