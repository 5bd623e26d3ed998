import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts import EVENT_TYPES, Event, EventData, MalformedEventError, UnknownEventTypeError, decode, encode
from forkant_contracts.codes import Theme
from forkant_contracts.events.case import CaseActivated, CaseOpened
from forkant_contracts.events.concern import ConcernReceived
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

OPENED = {
    "case_type": "person",
    "theme": "drugs",
    "age_band": "15_17",
    "subject_category": "at_risk",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
}
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def an_event(data: EventData) -> Event:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Event(
        id=uuid4(),
        source="/case-service",
        aggregate_id=uuid4(),
        aggregate_version=3,
        unit="oslo",
        occurred_at=moment,
        recorded_at=moment + timedelta(seconds=1),
        data=data,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def data_of(model: type[EventData]) -> st.SearchStrategy[EventData]:
    """Draw an event's data; hypothesis does not read pydantic's patterns, so these are drawn here."""
    drawn: dict[str, st.SearchStrategy[object]] = {}
    for name, schema in model.model_json_schema()["properties"].items():
        forms = schema.get("anyOf", [schema])
        pattern = next((form["pattern"] for form in forms if "pattern" in form), None)
        if pattern is not None:
            text = st.from_regex(pattern, fullmatch=True)
            drawn[name] = text if len(forms) == 1 else st.none() | text
        elif "pattern" in schema.get("items", {}):
            drawn[name] = st.lists(st.from_regex(schema["items"]["pattern"], fullmatch=True)).map(tuple)
    return st.builds(model, **drawn)


def events() -> st.SearchStrategy[Event]:
    data = st.sampled_from(sorted(EVENT_TYPES)).flatmap(
        lambda name: data_of(EVENT_TYPES[name]).filter(lambda d: b'"unknown"' not in d.model_dump_json().encode())
    )
    return st.builds(
        Event,
        id=st.uuids(),
        source=st.just("/case-service"),
        aggregate_id=st.uuids(),
        aggregate_version=st.integers(1, 2**31 - 1),
        unit=st.sampled_from(["oslo", "sor-ost", "oslo/gde-sentrum"]),
        occurred_at=MOMENTS,
        recorded_at=MOMENTS,
        data=data,
        traceparent=st.none(),
    )


@given(events())
def test_every_event_survives_the_way_through_kafka(event: Event):
    message = encode(event)
    assert decode(message.headers, message.value) == event
    assert message.key == str(event.aggregate_id).encode()


def test_a_structured_event_reads_like_a_binary_one():
    event = an_event(CaseOpened(**OPENED))
    message = encode(event)
    attributes = {n.removeprefix("ce_"): v.decode() for n, v in message.headers if n.startswith("ce_")}
    document = {**attributes, "data": json.loads(message.value), "traceparent": event.traceparent}
    headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    assert decode(headers, json.dumps(document).encode()) == event


def test_a_reader_takes_a_field_from_a_newer_release():
    message = encode(an_event(CaseOpened(**OPENED)))
    newer = message.value[:-1] + b', "added_in_a_later_release": 1}'
    assert decode(message.headers, newer).data == CaseOpened(**OPENED)


def test_a_writer_may_not_invent_a_field():
    with pytest.raises(ValidationError):
        CaseOpened(**OPENED, nickname="x")


def test_a_code_from_a_newer_release_reads_as_unknown():
    message = encode(an_event(CaseOpened(**OPENED)))
    read = decode(message.headers, message.value.replace(b"drugs", b"a_theme_of_tomorrow"))
    assert isinstance(read.data, CaseOpened)
    assert read.data.theme is Theme.UNKNOWN


def test_a_writer_may_not_send_unknown():
    with pytest.raises(ValueError, match="for readers only"):
        encode(an_event(CaseOpened(**{**OPENED, "theme": "never heard of"})))


def test_an_unknown_type_names_its_aggregate_and_version():
    event = an_event(CaseActivated())
    headers = [(n, b"no.forkant.case.painted.v1" if n == "ce_type" else v) for n, v in encode(event).headers]
    with pytest.raises(UnknownEventTypeError) as caught:
        decode(headers, b"{}")
    assert (caught.value.aggregate_id, caught.value.aggregate_version) == (event.aggregate_id, 3)
    assert caught.value.source == event.source


def test_an_unknown_type_from_nobody_is_malformed():
    changed = {"ce_type": b"no.forkant.case.painted.v1", "ce_source": b"a school"}
    headers = [(n, changed.get(n, v)) for n, v in encode(an_event(CaseActivated())).headers]
    with pytest.raises(MalformedEventError) as caught:
        decode(headers, b"{}")
    assert not isinstance(caught.value, UnknownEventTypeError)


@pytest.mark.parametrize(
    "missing", ["ce_id", "ce_type", "ce_time", "ce_partitionkey", "ce_aggregateversion", "ce_unit"]
)
def test_a_missing_attribute_is_named(missing: str):
    message = encode(an_event(CaseActivated()))
    with pytest.raises(MalformedEventError, match=missing.removeprefix("ce_")):
        decode([pair for pair in message.headers if pair[0] != missing], message.value)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_source", b"a school"),
        ("ce_aggregateversion", b"0"),
        ("ce_aggregateversion", b"one"),
        ("ce_aggregateversion", b"3.0"),
        ("ce_partitionkey", b"not-a-uuid"),
        ("ce_time", b"yesterday"),
        ("ce_unit", b"../etc"),
        ("ce_specversion", b"0.3"),
        ("ce_source", b"\xff\xfe"),
    ],
)
def test_a_wrong_attribute_is_refused(header: str, value: bytes):
    message = encode(an_event(CaseActivated()))
    with pytest.raises(MalformedEventError):
        decode([(n, value if n == header else v) for n, v in message.headers], message.value)


@pytest.mark.parametrize(
    "trace", [b"", b"00-xyz", b"00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01", b"Kari", b"\xff"]
)
def test_a_trace_that_cannot_be_read_is_dropped_and_the_event_kept(trace: bytes):
    message = encode(an_event(CaseActivated()))
    read = decode([(n, trace if n == "traceparent" else v) for n, v in message.headers], message.value)
    assert read.traceparent is None
    assert read.data == CaseActivated()


@pytest.mark.parametrize("body", [None, b"", b"[]", b"{", b'{"theme": 1}', b"\xff", b"x" * 70_000, b"[" * 60_000])
def test_a_wrong_body_is_refused(body: bytes | None):
    message = encode(an_event(CaseOpened(**OPENED)))
    with pytest.raises(MalformedEventError):
        decode(message.headers, body)


def test_names_of_headers_may_have_capital_letters():
    event = an_event(CaseOpened(**OPENED))
    message = encode(event)
    assert decode([(name.title(), raw) for name, raw in message.headers], message.value) == event


def test_a_header_that_is_not_the_events_is_not_looked_at():
    event = an_event(CaseOpened(**OPENED))
    message = encode(event)
    assert decode([*message.headers, ("someone-elses", b"\xff\x00")], message.value) == event


@pytest.mark.parametrize(
    "missing", ["specversion", "id", "source", "type", "time", "recordedtime", "partitionkey", "unit"]
)
def test_a_structured_event_names_its_missing_attribute(missing: str):
    message = encode(an_event(CaseOpened(**OPENED)))
    attributes = {n.removeprefix("ce_"): v.decode() for n, v in message.headers if n.startswith("ce_")}
    document = {**attributes, "data": json.loads(message.value)}
    del document[missing]
    with pytest.raises(MalformedEventError, match=missing):
        decode([("Content-Type", b"application/cloudevents+json")], json.dumps(document).encode())


@pytest.mark.parametrize("attribute", ["id", "source", "type", "time", "partitionkey", "aggregateversion", "unit"])
@pytest.mark.parametrize("value", ["\ud800", None, [1], {"a": 1}, "1\u0000"])
def test_a_structured_attribute_that_is_no_text_is_refused(attribute: str, value: object):
    message = encode(an_event(CaseActivated()))
    document = {n.removeprefix("ce_"): v.decode() for n, v in message.headers if n.startswith("ce_")} | {"data": {}}
    structured = json.dumps({**document, attribute: value}).encode()
    with pytest.raises(MalformedEventError):
        decode([("content-type", b"application/cloudevents+json")], structured)


@pytest.mark.parametrize(
    ("header", "value"),
    [("ce_id", b""), ("ce_partitionkey", b"nobody"), ("ce_aggregateversion", b"0"), ("ce_partitionkey", b"x" * 16)],
)
def test_an_unknown_type_that_names_no_aggregate_is_malformed(header: str, value: bytes):
    changed = {"ce_type": b"no.forkant.case.painted.v1", header: value}
    headers = [(n, changed.get(n, v)) for n, v in encode(an_event(CaseActivated())).headers]
    with pytest.raises(MalformedEventError) as caught:
        decode(headers, b"{}")
    assert not isinstance(caught.value, UnknownEventTypeError)


def test_an_error_never_repeats_what_was_sent():
    message = encode(an_event(CaseOpened(**OPENED)))
    secret = b'{"case_type": {"Kari Nordmann": 1}}'
    with pytest.raises(MalformedEventError) as caught:
        decode(message.headers, secret)
    assert "Nordmann" not in str(caught.value)


@given(st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=8))
def test_whatever_stands_on_a_topic_is_an_event_or_refused(body: bytes, headers: list[tuple[str, bytes]]):
    with pytest.raises(MalformedEventError):
        decode(headers, body)


def test_municipality_numbers_keep_their_leading_zero():
    data = ConcernReceived(source="school", theme="violence", age_band="under_15", municipality_number="0301")
    message = encode(an_event(data))
    read = decode(message.headers, message.value)
    assert isinstance(read.data, ConcernReceived)
    assert read.data.municipality_number == "0301"
    assert isinstance(read.aggregate_id, UUID)
