"""Golden messages: Kafka messages of every event version, made once and read by every later release.

They are made from the models with fixed ids and times: every optional field present, written with its default, and
left out; in binary and in structured mode. Once a version is released its file is never rewritten, so that it shows
what is on topics and in archives.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codec import STRUCTURED_CONTENT_TYPE, KafkaMessage, MalformedEventError, decode, encode
from forkant_contracts.compatibility.forms import Form, root_form
from forkant_contracts.envelope import Event, EventData
from forkant_contracts.origin import foreign
from forkant_contracts.schemas import schema_of
from forkant_contracts.topics import TOPICS
from forkant_contracts.upcasters import lift

_EVENT_ID: Final = UUID("019cb000-0000-7000-8000-0000000000e1")
_AGGREGATE_ID: Final = UUID("019cb000-0000-7000-8000-0000000000a1")
_OCCURRED_AT: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
_RECORDED_AT: Final = datetime(2026, 3, 1, 12, 30, 1, 250_000, tzinfo=UTC)
_TRACEPARENT: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_TEXTS: Final = {
    r"^[0-9]{4}$": "0301",
    r"^[a-z][a-z0-9_]{1,40}$": "first_talk",
    r"^[a-z][a-z-]{1,30}(/gde-[a-z0-9-]{1,40})?$": "sor-ost/gde-torget",
}
"""One text for each pattern of the models."""


def made(model: type[EventData]) -> dict[str, Any]:
    """Make the golden messages of a model's version.

    Raises:
        ValueError: no text is known for the pattern of one of its fields.
    """
    form, numbers = root_form(schema_of(model)), count(1)
    full = {name: _sample(form.child(node), numbers) for name, node in form.properties.items()}
    required = {name: value for name, value in full.items() if name in form.required}
    messages = [_message("every field", _event(model, full, traced=True))]
    if required != full:
        messages.append(_message("defaults written", _event(model, required, traced=False)))
        messages.append(_message("defaults left out", _event(model, required, traced=False), body=required))
    messages.append(_structured(_event(model, full, traced=True)))
    return {"dataschema": model.data_schema(), "messages": messages}


def misread(golden: Mapping[str, Any]) -> Iterator[str]:
    """Read golden messages by today's models; say of each one what is read differently from when it was made.

    A field that a later minor version added must have its default, and an older major version must read as what its
    upcaster makes of the recorded data; nothing else may differ. Nor may its topic have got another producer.
    """
    for message in golden["messages"]:
        try:
            event = decode(
                [(name, text.encode()) for name, text in message["headers"].items()], message["value"].encode()
            )
        except MalformedEventError as error:
            yield f"{message['holds']}: {error}"
            continue
        if stranger := foreign(event.topic, source=event.source):
            yield f"{message['holds']}: consumers would refuse it: {stranger}"
        newest, sent = lift(message["event"]["type"], dict(message["event"]["data"]))
        expected, read = {**message["event"], "type": newest}, recorded(event)
        data = {**_added(event, sent), **sent}
        if read != {**expected, "data": data}:
            places = [name for name in read if name != "data" and read[name] != expected.get(name)]
            places += [f"data.{name}" for name in data | read["data"] if read["data"].get(name) != data.get(name)]
            yield f"{message['holds']}: {', '.join(places)}"


def recorded(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON values, to compare with."""
    return {"type": event.type, **event.model_dump(mode="json")}


def _added(event: Event, expected: Mapping[str, Any]) -> dict[str, Any]:
    model = type(event.data)
    form = root_form(schema_of(model))
    return {
        name: form.child(node).node.get("default") for name, node in form.properties.items() if name not in expected
    }


def _event(model: type[EventData], data: Mapping[str, Any], *, traced: bool) -> Event:
    return Event(
        id=_EVENT_ID,
        source=f"urn:forkant:{TOPICS[model.TOPIC].producer}",
        aggregate_id=_AGGREGATE_ID,
        aggregate_version=3,
        unit="sor-ost",
        occurred_at=_OCCURRED_AT,
        recorded_at=_RECORDED_AT,
        data=model.model_validate_json(json.dumps(data)),
        traceparent=_TRACEPARENT if traced else None,
    )


def _message(holds: str, event: Event, *, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    message = encode(event)
    value = message.value.decode() if body is None else json.dumps(body, separators=(",", ":"))
    return _entry(holds, message, {name: raw.decode() for name, raw in message.headers}, value, event)


def _structured(event: Event) -> dict[str, Any]:
    message = encode(event)
    attributes = {name.removeprefix("ce_"): raw.decode() for name, raw in message.headers if name.startswith("ce_")}
    document = {**attributes, "datacontenttype": "application/json", "data": json.loads(message.value)}
    headers = {"content-type": f"{STRUCTURED_CONTENT_TYPE}; charset=UTF-8", "traceparent": _TRACEPARENT}
    value = json.dumps(document, separators=(",", ":"))
    return _entry("every field, structured", message, headers, value, event)


def _entry(holds: str, message: KafkaMessage, headers: dict[str, str], value: str, event: Event) -> dict[str, Any]:
    key = message.key.decode()
    return {"holds": holds, "key": key, "headers": headers, "value": value, "event": recorded(event)}


def _sample(form: Form, numbers: Iterator[int]) -> Any:
    node, number = form.node, next(numbers)
    if "const" in node:
        value: Any = node["const"]
    elif "enum" in node:
        codes = [code for code in node["enum"] if code not in {"unknown", node.get("default")}]
        value = codes[number % len(codes)]
    elif node["type"] == "object":
        value = {name: _sample(form.child(each), numbers) for name, each in form.properties.items()}
    elif node["type"] == "array":
        value = [_sample(form.child(node["items"]), numbers) for _ in range(max(2, node.get("minItems", 0)))]
    elif node["type"] == "integer":
        value = min(node.get("minimum", 0) + number, node.get("maximum", 10_000))
    else:
        value = True if node["type"] == "boolean" else _text(node, number)
    return value


def _text(node: Mapping[str, Any], number: int) -> str:
    if node.get("format") == "uuid":
        return str(UUID(int=_AGGREGATE_ID.int + number))
    if node.get("format") == "date":
        return f"2026-04-{number % 28 + 1:02}"
    if node.get("format") == "date-time":
        return f"2026-04-{number % 28 + 1:02}T08:00:00Z"
    if node.get("pattern") in _TEXTS:
        return _TEXTS[node["pattern"]]
    raise ValueError(f"no golden text for {dict(node)}: add one to forkant_contracts.golden")
