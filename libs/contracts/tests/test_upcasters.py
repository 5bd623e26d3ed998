"""Events of older major versions are read in the newest, through a chain of upcasters."""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from forkant_contracts import EVENT_TYPES, Event, EventData, MalformedEventError, UnknownEventTypeError, decode, encode
from forkant_contracts.codes import HoldReason, Theme
from forkant_contracts.events.case import CasePutOnHold
from forkant_contracts.fields import Count
from forkant_contracts.topics import CASE_TOPIC
from forkant_contracts.upcasters import UPCASTERS, gaps, lift, missing_link, next_major
from hypothesis import given
from hypothesis import strategies as st

V1, V2, V3, V4 = (f"no.forkant.case.painted.v{major}" for major in (1, 2, 3, 4))


class CasePainted(EventData):
    """The newest major version of a planted event: v1 had ``coats`` as text, v2 had no theme."""

    TYPE: ClassVar[str] = V3
    TOPIC: ClassVar[str] = CASE_TOPIC

    coats: Count
    theme: Theme


def coats_counted(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "coats": int(data["coats"])}


def with_theme(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "theme": "other"}


@pytest.fixture
def chain(monkeypatch):
    monkeypatch.setitem(EVENT_TYPES, V3, CasePainted)
    monkeypatch.setitem(UPCASTERS, V1, coats_counted)
    monkeypatch.setitem(UPCASTERS, V2, with_theme)


def record(event_type: str, body: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Make a record as the older release wrote it."""
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    event = Event(
        id=UUID(int=1),
        source="/test",
        aggregate_id=UUID(int=2),
        aggregate_version=3,
        unit="oslo",
        occurred_at=moment,
        recorded_at=moment,
        data=CasePutOnHold(reason=HoldReason.AWAITING_PARTNER),
    )
    return [(n, event_type.encode() if n == "ce_type" else raw) for n, raw in encode(event).headers], body


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    ("event_type", "body"),
    [
        (V1, b'{"coats": "2"}'),
        (V2, b'{"coats": 2}'),
        (V3, b'{"coats": 2, "theme": "other"}'),
        (V1, b'{"coats": "2", "added_in_a_later_minor": 1}'),
        (V1, b'{"coats": "2", "theme": "overwritten"}'),
    ],
)
def test_every_older_version_reads_as_the_newest(event_type: str, body: bytes):
    event = decode(*record(event_type, body))
    assert event.data == CasePainted(coats=2, theme=Theme.OTHER)
    assert (event.type, event.aggregate_version) == (V3, 3)


@pytest.mark.usefixtures("chain")
def test_a_structured_event_is_lifted_too():
    headers, _ = record(V1, b"")
    attributes = {n.removeprefix("ce_"): raw.decode() for n, raw in headers if n.startswith("ce_")}
    document = json.dumps({**attributes, "data": {"coats": "2"}}).encode()
    event = decode([("content-type", b"application/cloudevents+json")], document)
    assert event.data == CasePainted(coats=2, theme=Theme.OTHER)


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"x"', b"{", b"{}", b'{"coats": "Kari"}', b'{"coats": {}}', b"\xff", b"[" * 60_000]
)
def test_data_that_an_upcaster_cannot_take_is_malformed_and_not_repeated(body: bytes):
    with pytest.raises(MalformedEventError) as caught:
        decode(*record(V1, body))
    assert not isinstance(caught.value, UnknownEventTypeError)
    assert "Kari" not in str(caught.value)


@pytest.mark.usefixtures("chain")
def test_what_an_upcaster_makes_must_fit_the_newest_schema(monkeypatch):
    monkeypatch.setitem(UPCASTERS, V2, lambda data: data)
    with pytest.raises(MalformedEventError, match="theme: missing"):
        decode(*record(V1, b'{"coats": "2"}'))


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(("removed", "named"), [(V2, V2), (V1, V1)])
def test_a_missing_link_says_what_to_do(monkeypatch, removed: str, named: str):
    monkeypatch.delitem(UPCASTERS, removed)
    with pytest.raises(MalformedEventError) as caught:
        decode(*record(V1, b'{"coats": "2"}'))
    assert not isinstance(caught.value, UnknownEventTypeError)
    assert str(caught.value).startswith(f"{named} is older than what this release reads (v3)")
    assert "add its upcaster to forkant_contracts.upcasters" in str(caught.value)


@pytest.mark.usefixtures("chain")
def test_a_newer_major_version_is_unknown():
    with pytest.raises(UnknownEventTypeError) as caught:
        decode(*record(V4, b"{}"))
    assert (caught.value.type, caught.value.aggregate_version) == (V4, 3)


def test_an_older_model_that_is_kept_does_not_hide_its_upcaster(chain, monkeypatch):
    class Older(CasePainted):
        """What writers of v2 use."""

        TYPE: ClassVar[str] = V2

    monkeypatch.setitem(EVENT_TYPES, V2, Older)
    assert decode(*record(V2, b'{"coats": 2}')).type == V3


def test_the_chain_of_this_release_has_no_gap():
    assert gaps(EVENT_TYPES, UPCASTERS) == []


@pytest.mark.parametrize(
    ("known", "upcasters", "expected"),
    [
        ({V3}, {V1, V2}, []),
        ({V2, V3}, {V1}, [V2]),
        ({V3}, {V1}, [V1]),
        ({V3}, {V1, V2, V3}, [V3]),
        ({V1}, set(), []),
    ],
)
def test_a_planted_gap_in_a_chain_is_noticed(known: set[str], upcasters: set[str], expected: list[str]):
    assert gaps(known, upcasters) == expected


@given(st.text(max_size=40))
def test_any_text_can_be_asked_for_as_a_type(text: str):
    assert lift(text, {}) == (text, {}) or text in UPCASTERS
    assert missing_link(text) is None or text.rpartition(".v")[0] in {name.rpartition(".v")[0] for name in EVENT_TYPES}
    assert next_major(next_major(text)) != text
