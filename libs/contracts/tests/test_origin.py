"""A registered topic carries its producer's events alone."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from forkant_contracts import EVENT_TYPES, TOPICS, Event, MalformedEventError, UnknownEventTypeError, encode
from forkant_contracts.events.case import CaseActivated
from forkant_contracts.origin import ForeignEventError, decode_from, foreign
from forkant_contracts.topics import CASE_TOPIC, CATALOGUE_TOPIC, CONCERN_TOPIC, STEERING_TOPIC


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_event_is_its_own_topics_under_both_forms_of_its_producers_name(name: str):
    topic = EVENT_TYPES[name].TOPIC
    for source in (f"urn:forkant:{TOPICS[topic].producer}", f"/{TOPICS[topic].producer}"):
        assert foreign(topic, source=source, carrier=topic) is None
        assert foreign(topic, source=source) is None


@pytest.mark.parametrize(
    ("topic", "source", "carrier", "reason"),
    [
        (CASE_TOPIC, "urn:forkant:indicator-service", CASE_TOPIC, "the source is not case-service"),
        (CASE_TOPIC, "/notification-service", CASE_TOPIC, "the source is not case-service"),
        (CASE_TOPIC, "urn:forkant:indicator-service", STEERING_TOPIC, "the source is not case-service"),
        (CASE_TOPIC, "urn:forkant:downstream-demo", None, "the source is not case-service"),
        (CASE_TOPIC, "case-service", CASE_TOPIC, "the source is not case-service"),
        (CASE_TOPIC, "urn:forkant:case-service-two", CASE_TOPIC, "the source is not case-service"),
        (CASE_TOPIC, "", None, "the source is not case-service"),
        # A service that may write its own topic can't put another's events there.
        (STEERING_TOPIC, "urn:forkant:indicator-service", CASE_TOPIC, "the type is not one of indicator-service"),
        (STEERING_TOPIC, "urn:forkant:case-service", CASE_TOPIC, "the source is not indicator-service"),
        (CATALOGUE_TOPIC, "urn:forkant:case-service", STEERING_TOPIC, "the type is not one of case-service"),
        (CASE_TOPIC, "urn:forkant:case-service", "forkant.unheard-of.v1", "the type is not one of case-service"),
    ],
)
def test_what_another_wrote_is_refused(topic: str, source: str, carrier: str | None, reason: str):
    assert foreign(topic, source=source, carrier=carrier) == f"{reason}, which alone writes {topic}"


def test_an_older_topic_of_the_same_producer_still_carries_what_has_moved():
    assert foreign(CONCERN_TOPIC, source="urn:forkant:case-service", carrier=CASE_TOPIC) is None


def test_a_topic_that_is_not_registered_has_no_rule():
    assert foreign("elsewhere", source="/anybody", carrier=CASE_TOPIC) is None


def test_the_registry_is_asked_each_time(monkeypatch):
    monkeypatch.setitem(TOPICS, CASE_TOPIC, replace(TOPICS[CASE_TOPIC], producer="another-service"))
    assert foreign(CASE_TOPIC, source="/another-service", carrier=CASE_TOPIC) is None
    assert foreign(CASE_TOPIC, source="/case-service", carrier=CASE_TOPIC) is not None


def record(source: str, **changed: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    event = Event(
        id=UUID(int=1), source=source, aggregate_id=UUID(int=2), aggregate_version=3, unit="oslo", occurred_at=moment,
        recorded_at=moment, data=CaseActivated(),
    )  # fmt: skip
    message = encode(event)
    return [(name, changed.get(name, raw)) for name, raw in message.headers], message.value


PAINTED = {"ce_type": b"no.forkant.case.painted.v1"}


@pytest.mark.parametrize(
    ("source", "changed", "error"),
    [
        ("urn:forkant:case-service", PAINTED, UnknownEventTypeError),
        ("urn:forkant:case-service", {"ce_unit": b"../etc"}, MalformedEventError),
        ("urn:forkant:indicator-service", {}, ForeignEventError),
        ("urn:forkant:indicator-service", PAINTED, ForeignEventError),
        ("urn:forkant:indicator-service", {"ce_unit": b"../etc"}, MalformedEventError),
    ],
)
def test_what_is_no_event_of_the_producer_raises_what_it_is(source: str, changed: dict[str, bytes], error: type):
    with pytest.raises(MalformedEventError) as caught:
        decode_from(CASE_TOPIC, *record(source, **changed))
    assert type(caught.value) is error
    assert "indicator-service" not in str(caught.value)


def test_what_the_producer_wrote_is_read():
    assert decode_from(CASE_TOPIC, *record("/case-service")).data == CaseActivated()
