"""The form of events on Kafka: CloudEvents 1.0 binary mode is written; binary and structured mode are read.

Errors::

    MalformedEventError          the record is not a CloudEvent, or its data breaks the schema
    └── UnknownEventTypeError    a well-formed event of a type that this release does not know
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from forkant_contracts.envelope import TRACEPARENT_PATTERN, Event, EventData, rfc3339
from forkant_contracts.events import EVENT_TYPES

MAX_BODY_BYTES: Final = 64 * 1024
STRUCTURED_CONTENT_TYPE: Final = "application/cloudevents+json"
_TRACEPARENT: Final = re.compile(TRACEPARENT_PATTERN)
_REQUIRED: Final = ("id", "source", "type", "time", "recordedtime", "partitionkey", "aggregateversion", "unit")


class MalformedEventError(ValueError):
    """The record can't be read as an event; the text names the attribute or field, never its value."""


@dataclass(eq=False)
class UnknownEventTypeError(MalformedEventError):
    """The type is unknown here, but the envelope was read, so that a consumer can count and pass over the event."""

    type: str
    aggregate_id: UUID
    aggregate_version: int

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
        ("content-type", b"application/json"),
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
    """Read an event in binary or structured mode.

    Raises:
        UnknownEventTypeError: the type is not in this release; the error carries the aggregate and its version.
        MalformedEventError: an attribute is missing or wrong, or the data breaks the schema.
    """
    if value is None:
        raise MalformedEventError("the record has no body")
    if len(value) > MAX_BODY_BYTES:
        raise MalformedEventError(f"the body has {len(value)} bytes; the limit is {MAX_BODY_BYTES}")
    try:
        by_name = {name.lower(): raw.decode() for name, raw in headers}
    except (UnicodeDecodeError, AttributeError):
        raise MalformedEventError("a header is not UTF-8 text") from None
    if by_name.get("content-type", "").startswith(STRUCTURED_CONTENT_TYPE):
        return _decode_structured(value, by_name.get("traceparent"))
    attributes = {name.removeprefix("ce_"): text for name, text in by_name.items() if name.startswith("ce_")}
    return _build(attributes, value, by_name.get("traceparent"))


def _decode_structured(value: bytes, traceparent: str | None) -> Event:
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        raise MalformedEventError("the structured event is not JSON") from None
    if not isinstance(document, dict):
        raise MalformedEventError("the structured event is not a JSON object")
    data = json.dumps(document.pop("data", None)).encode()
    attributes = {name: str(part) for name, part in document.items()}
    return _build(attributes, data, attributes.get("traceparent", traceparent))


def _build(attributes: Mapping[str, str], body: bytes, traceparent: str | None) -> Event:
    if attributes.get("specversion") != "1.0":
        raise MalformedEventError("specversion must be 1.0")
    for name in _REQUIRED:
        if name not in attributes:
            raise MalformedEventError(f"attribute {name} is missing")
    try:
        aggregate_id = UUID(attributes["partitionkey"])
        version = int(attributes["aggregateversion"])
        event_id = UUID(attributes["id"])
    except ValueError:
        raise MalformedEventError("id, partitionkey or aggregateversion is malformed") from None
    if version < 1:
        raise MalformedEventError("aggregateversion must be 1 or more")
    model = EVENT_TYPES.get(attributes["type"])
    if model is None:
        raise UnknownEventTypeError(attributes["type"], aggregate_id, version)
    try:
        fields: dict[str, Any] = {
            "id": event_id,
            "source": attributes["source"],
            "aggregate_id": aggregate_id,
            "aggregate_version": version,
            "unit": attributes["unit"],
            "occurred_at": attributes["time"],
            "recorded_at": attributes["recordedtime"],
            "traceparent": _readable_trace(traceparent),
            "data": model.model_validate_json(body, extra="ignore"),
        }
        return Event.model_validate(fields)
    except ValidationError as error:
        raise MalformedEventError(f"{attributes['type']}: {_places(error)}") from None


def _readable_trace(traceparent: str | None) -> str | None:
    # A trace only helps people who look for faults, so what can't be read of it never stops an event.
    return traceparent if traceparent is not None and _TRACEPARENT.fullmatch(traceparent) else None


def _places(error: ValidationError) -> str:
    # Only where and what kind: the value may be anything, so it is never repeated.
    found = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'data'}: {item['type']}" for item in found)
