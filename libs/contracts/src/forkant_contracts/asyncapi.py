"""The AsyncAPI 3.0 document of the platform's events, generated from the topic registry and the event models.

Schemas are written in the AsyncAPI Schema Object's dialect (a superset of JSON Schema draft 07), in which nothing may
stand beside ``$ref``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from forkant_contracts.envelope import Event, EventData
from forkant_contracts.events import EVENT_TYPES
from forkant_contracts.schemas import schema_of, version_name
from forkant_contracts.topics import SUBSCRIBERS, TOPICS, Topic

_BINDING: Final = "0.5.0"
_SERVER: Final = "kafka"
_DEFINITIONS: Final = "#/$defs/"
_DESCRIPTION: Final = """\
Events of the prevention case platform on Apache Kafka, as CloudEvents 1.0 in binary mode: attributes stand in headers,
the event's data is the JSON body. Readers also take structured mode. The key is the aggregate's id;
`ce_aggregateversion` counts the aggregate's changes from 1 without a gap. Delivery is at least once: drop a version
that you have seen. Readers pass over fields they don't know, take an unknown code for `unknown`, and skip and count an
unknown event type. No event carries a name or free text."""
Document = dict[str, Any]


def document(*, version: str) -> Document:
    """Return the whole document; `version` is the contracts library's."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Forkant events", "version": version, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {_SERVER: _server()},
        "channels": {topic.name: _channel(topic) for topic in TOPICS.values()},
        "operations": dict(operation for topic in TOPICS.values() for operation in _operations(topic)),
        "components": {
            "messages": {version_name(model): _message(model) for model in EVENT_TYPES.values()},
            "schemas": {"cloudEventHeaders": _headers(), **_schemas()},
            "correlationIds": {"trace": _correlation()},
            "securitySchemes": _SECURITY,
        },
    }


_SECURITY: Final = {
    "clientCertificate": {"type": "X509", "description": "A client certificate; its subject is the Kafka user."},
}


def _server() -> Document:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "The site's Kafka cluster.",
        "variables": {"bootstrap": {"description": "Host and port of the site's bootstrap servers."}},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
    }


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": f"{topic.description} The key is the {topic.key}.",
        "servers": [{"$ref": f"#/servers/{_SERVER}"}],
        "messages": {
            version_name(model): {"$ref": f"#/components/messages/{version_name(model)}"} for model in _carried(topic)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "replicas": topic.replicas,
                "topicConfiguration": {**topic.config, "cleanup.policy": [topic.cleanup_policy]},
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations(topic: Topic) -> Iterator[tuple[str, Document]]:
    yield _operation(topic, "send", topic.producer, {})
    for service in topic.consumers:
        group = {"groupId": {"type": "string", "const": service}}
        yield _operation(topic, "receive", service, group)
    for subscriber in SUBSCRIBERS.values():
        if topic.name in subscriber.topics:
            group = {"groupId": {"type": "string", "pattern": f"^{re.escape(subscriber.group_prefix)}"}}
            yield _operation(topic, "receive", subscriber.client, group)


def _operation(topic: Topic, action: str, who: str, binding: Document) -> tuple[str, Document]:
    channel = f"#/channels/{topic.name}"
    return f"{who}.{action}.{topic.name}", {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"{who} {action}s the events of {topic.name}.",
        "tags": [{"name": who}],
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
        "messages": [{"$ref": f"{channel}/messages/{version_name(model)}"} for model in _carried(topic)],
        "bindings": {"kafka": {**binding, "bindingVersion": _BINDING}},
    }


def _message(model: type[EventData]) -> Document:
    return {
        "name": model.TYPE,
        "title": model.__name__,
        "summary": (model.__doc__ or "").strip(),
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/cloudEventHeaders"},
                {
                    "type": "object",
                    "properties": {
                        "ce_type": {"type": "string", "const": model.TYPE},
                        "ce_dataschema": {"type": "string", "const": model.data_schema()},
                    },
                },
            ]
        },
        "payload": {"$ref": f"#/components/schemas/{version_name(model)}"},
        "correlationId": {"$ref": "#/components/correlationIds/trace"},
        "bindings": {"kafka": {"key": _uuid("The aggregate's id."), "bindingVersion": _BINDING}},
    }


def _correlation() -> Document:
    return {
        "location": "$message.header#/traceparent",
        "description": "W3C trace context of the change that the event tells of.",
    }


def _headers() -> Document:
    properties = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": _uuid("The event; a repeated delivery has the same id."),
        "ce_source": _of_envelope("source", "The service that wrote the event."),
        "ce_type": _text("What happened, with its major version, for example `no.forkant.case.opened.v1`."),
        "ce_time": _moment("When it happened."),
        "ce_recordedtime": _moment("When it was recorded."),
        "ce_dataschema": _text("The schema of the body, with its minor version."),
        "ce_partitionkey": _uuid("The aggregate's id; also the key."),
        "ce_aggregateversion": {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "Counts the aggregate's changes from 1 without a gap.",
        },
        "ce_unit": _of_envelope("unit", "The police unit that the event belongs to."),
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": _of_envelope("traceparent", "W3C trace context; absent when the change was not traced."),
    }
    return {
        "type": "object",
        "description": "CloudEvents attributes as Kafka headers, each UTF-8 text.",
        "properties": properties,
        "required": [name for name in properties if name != "traceparent"],
    }


def _of_envelope(attribute: str, description: str) -> Document:
    node = Event.model_json_schema()["properties"][attribute]
    pattern = next(form["pattern"] for form in node.get("anyOf", [node]) if "pattern" in form)
    return {"type": "string", "pattern": pattern, "description": description}


def _text(description: str) -> Document:
    return {"type": "string", "description": description}


def _uuid(description: str) -> Document:
    return {"type": "string", "format": "uuid", "description": description}


def _moment(description: str) -> Document:
    return {"type": "string", "format": "date-time", "description": description}


def _carried(topic: Topic) -> list[type[EventData]]:
    return [model for model in EVENT_TYPES.values() if topic.name == model.TOPIC]


def _schemas() -> Document:
    found: Document = {}
    for model in EVENT_TYPES.values():
        schema = schema_of(model)
        own = {key: value for key, value in schema.items() if key not in {"$schema", "$id", "$defs", "x-topic"}}
        for name, node in {**schema.get("$defs", {}), version_name(model): own}.items():
            if found.setdefault(name, _draft_07(node)) != _draft_07(node):
                raise ValueError(f"two definitions have the name {name}: rename one")
    return dict(sorted(found.items()))


def _draft_07(node: Any) -> Any:
    if isinstance(node, list):
        return [_draft_07(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    found = {key: _draft_07(value) for key, value in node.items()}
    if isinstance(reference := found.pop("$ref", None), str):
        target = {"$ref": reference.replace(_DEFINITIONS, "#/components/schemas/")}
        return {**found, "allOf": [target]} if found else target
    return found
