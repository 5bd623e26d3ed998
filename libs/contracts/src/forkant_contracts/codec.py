"""The form of events on Kafka: CloudEvents 1.0 binary mode is written; binary and structured mode are read.

Errors::

    MalformedEventError          the record is not a CloudEvent, or its data breaks the schema
    └── UnknownEventTypeError    a well-formed event of a type that this release does not know
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from forkant_contracts.envelope import Event, EventData, Source, rfc3339
from forkant_contracts.events import EVENT_TYPES
from forkant_contracts.upcasters import UPCASTERS, UpcastError, lift, missing_link

MAX_BODY_BYTES: Final = 64 * 1024
STRUCTURED_CONTENT_TYPE: Final = "application/cloudevents+json"

_BINARY: Final = b"application/json"
_STRUCTURED: Final = STRUCTURED_CONTENT_TYPE.encode()
_FIELDS: Final = {
    "id": "id",
    "source": "source",
    "type": "type",
    "time": "occurred_at",
    "recordedtime": "recorded_at",
    "partitionkey": "aggregate_id",
    "aggregateversion": "aggregate_version",
    "unit": "unit",
}
"""The fields of an event by the attributes that they are read from; ``type`` is the data's."""
_EVENT: Final = Event.__pydantic_validator__
_IDENTITY: Final = TypeAdapter(tuple[UUID, UUID, Annotated[int, Field(ge=1)], Source]).validator


class MalformedEventError(ValueError):
    """The record can't be read as an event; the text names the attribute or field, never its value."""


@dataclass(eq=False)
class UnknownEventTypeError(MalformedEventError):
    """The type is unknown here, but the envelope was read, so that a consumer can count and pass over the event."""

    type: str
    aggregate_id: UUID
    aggregate_version: int
    source: str

    def __str__(self) -> str:
        """Name the unknown type."""
        return f"unknown event type {self.type[:80]!r}: upgrade forkant-contracts to read it"


@dataclass(frozen=True, slots=True)
class KafkaMessage:
    """What goes on Kafka: the key that chooses the partition, the headers, and the JSON body."""

    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


def encode_data(data: EventData) -> bytes:
    """Return the JSON body of an event.

    Raises:
        ValueError: a code is ``UNKNOWN`` (only readers may meet it) or the body exceeds 64 KiB.
    """
    body = data.model_dump_json().encode()
    if b'"unknown"' in body:
        raise ValueError(f"{data.TYPE} holds the code 'unknown', which is for readers only: give a listed code")
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"{data.TYPE} has a body of {len(body)} bytes; the limit is {MAX_BODY_BYTES}")
    return body


def headers_for(
    *,
    event_id: UUID,
    event_type: str,
    source: str,
    data_schema: str,
    aggregate_id: UUID,
    aggregate_version: int,
    unit: str,
    occurred_at: datetime,
    recorded_at: datetime,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """Return the CloudEvents binary-mode headers, from the attributes as an archive keeps them."""
    pairs = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event_id).encode()),
        ("ce_source", source.encode()),
        ("ce_type", event_type.encode()),
        ("ce_time", rfc3339(occurred_at).encode()),
        ("ce_recordedtime", rfc3339(recorded_at).encode()),
        ("ce_dataschema", data_schema.encode()),
        ("ce_partitionkey", str(aggregate_id).encode()),
        ("ce_aggregateversion", b"%d" % aggregate_version),
        ("ce_unit", unit.encode()),
        ("content-type", _BINARY),
    ]
    if traceparent is not None:
        pairs.append(("traceparent", traceparent.encode()))
    return pairs


def encode(event: Event) -> KafkaMessage:
    """Write an event in CloudEvents binary mode.

    Raises:
        ValueError: see :func:`encode_data`.
    """
    headers = headers_for(
        event_id=event.id,
        event_type=event.type,
        source=event.source,
        data_schema=event.data.data_schema(),
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
        unit=event.unit,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        traceparent=event.traceparent,
    )
    return KafkaMessage(key=str(event.aggregate_id).encode(), headers=headers, value=encode_data(event.data))


def decode(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Event:
    """Read an event in binary or structured mode, in the newest major version of its type.

    Headers that are not the event's are not looked at. A trace context that can't be read is left out: it only helps
    people who look for faults.

    Raises:
        UnknownEventTypeError: the type is not in this release; the error carries the aggregate, its version and who
            wrote the event.
        MalformedEventError: an attribute is missing or wrong, the data breaks the schema, or it is of an older major
            version that nothing lifts.
    """
    if value is None:
        raise MalformedEventError("the record has no body")
    if len(value) > MAX_BODY_BYTES:
        raise MalformedEventError(f"the body has {len(value)} bytes; the limit is {MAX_BODY_BYTES}")
    found = dict(headers)
    content_type = found.get("content-type")
    if content_type is not None and content_type != _BINARY and content_type.startswith(_STRUCTURED):
        return _decode_structured(value, found.get("traceparent"))
    # This runs for every record of every consumer: each attribute is read once, and pydantic's validators are called
    # without what its models wrap around them.
    try:
        if found["ce_specversion"] != b"1.0":
            raise MalformedEventError("specversion must be 1.0")
        attributes = {
            "id": found["ce_id"].decode(),
            "source": found["ce_source"].decode(),
            "aggregate_id": found["ce_partitionkey"].decode(),
            "aggregate_version": int(found["ce_aggregateversion"]),
            "unit": found["ce_unit"].decode(),
            "occurred_at": found["ce_time"].decode(),
            "recorded_at": found["ce_recordedtime"].decode(),
        }
        event_type = found["ce_type"].decode()
    except KeyError:
        return _decode_unusual(found, value)
    except (UnicodeDecodeError, AttributeError):
        raise MalformedEventError("a header is not UTF-8 text") from None
    except (ValueError, TypeError):
        raise MalformedEventError("aggregateversion is malformed") from None
    return _build(event_type, attributes, value, found.get("traceparent"))


def _decode_unusual(headers: Mapping[str, bytes], value: bytes) -> Event:
    """Read headers whose names have capital letters, or say which one is missing."""
    lower = {name.lower(): raw for name, raw in headers.items() if isinstance(name, str)}
    if lower.keys() != headers.keys():
        return decode(lower.items(), value)
    if "ce_specversion" not in lower:
        raise MalformedEventError("specversion must be 1.0")
    missing = next(name for name in _FIELDS if f"ce_{name}" not in lower)
    raise MalformedEventError(f"attribute {missing} is missing")


def _decode_structured(value: bytes, traceparent: bytes | None) -> Event:
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        raise MalformedEventError("the structured event is not JSON") from None
    if not isinstance(document, dict):
        raise MalformedEventError("the structured event is not a JSON object")
    if document.get("specversion") != "1.0":
        raise MalformedEventError("specversion must be 1.0")
    for name in _FIELDS:
        if name not in document:
            raise MalformedEventError(f"attribute {name} is missing")
    attributes: dict[str, Any] = {field: str(document[name]) for name, field in _FIELDS.items()}
    try:
        attributes["aggregate_version"] = int(attributes["aggregate_version"])
    except ValueError:
        raise MalformedEventError("aggregateversion is malformed") from None
    body = json.dumps(document.get("data")).encode()
    return _build(attributes.pop("type"), attributes, body, document.get("traceparent", traceparent))


def _build(event_type: str, attributes: dict[str, Any], body: bytes, traceparent: str | bytes | None) -> Event:
    model = EVENT_TYPES.get(event_type)
    try:
        if model is None or event_type in UPCASTERS:
            attributes["data"] = _lifted(event_type, attributes, body)
        else:
            attributes["data"] = model.__pydantic_validator__.validate_json(body, extra="ignore")
        if traceparent is not None:
            attributes["traceparent"] = traceparent
        event: Event = _EVENT.validate_python(attributes)
    except ValidationError as error:
        if traceparent is not None and {item["loc"][0] for item in error.errors() if item["loc"]} == {"traceparent"}:
            del attributes["traceparent"]
            return _build(event_type, attributes, body, None)
        raise MalformedEventError(f"{event_type[:80]}: {_places(error)}") from None
    return event


def _lifted(event_type: str, attributes: Mapping[str, Any], body: bytes) -> EventData:
    """Read data that no model reads as it stands."""
    _, *envelope = _IDENTITY.validate_python(
        [attributes[name] for name in ("id", "aggregate_id", "aggregate_version", "source")]
    )
    try:
        data = json.loads(body) if event_type in UPCASTERS else {}
        if not isinstance(data, dict):
            raise MalformedEventError(f"{event_type}: the data is not a JSON object")
        newest, data = lift(event_type, data)
    except UpcastError as error:
        raise MalformedEventError(str(error)) from None
    except (ValueError, RecursionError):
        raise MalformedEventError(f"{event_type}: the data is not JSON") from None
    model = EVENT_TYPES.get(newest)
    if model is not None:
        return model.model_validate_json(json.dumps(data), extra="ignore")
    if (what_to_do := missing_link(newest)) is not None:
        raise MalformedEventError(what_to_do)
    raise UnknownEventTypeError(event_type, *envelope)


def _places(error: ValidationError) -> str:
    # Only where and what kind: the value may be anything, so it is never repeated.
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'data'}: {item['type']}" for item in found)
