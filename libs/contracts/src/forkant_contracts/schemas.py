"""JSON Schemas of today's event models; ``forkant contracts generate`` commits them in ``schemas/``.

What is committed there stays: a released file is never rewritten (see :mod:`forkant_contracts.release`).
"""

import json
from typing import Any

from forkant_contracts.envelope import EventData
from forkant_contracts.events import EVENT_TYPES
from forkant_contracts.fields import TaggedSchema


def schema_of(model: type[EventData]) -> dict[str, Any]:
    """Return the schema of one event's data as its writer must produce it."""
    schema = model.model_json_schema(mode="serialization", schema_generator=TaggedSchema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": model.data_schema(),
        "x-topic": model.TOPIC,
        **schema,
    }


def version_name(model: type[EventData]) -> str:
    """Name the version of a model, for example ``case.opened.v1.0``: the end of its ``dataschema``."""
    return model.data_schema().rpartition(":")[2]


def current() -> dict[str, dict[str, Any]]:
    """Return the schemas of all of today's models, by the name of their version."""
    return {version_name(model): schema_of(model) for model in EVENT_TYPES.values()}


def as_text(document: object) -> str:
    """Write a JSON document as it is committed: indented, with its own letters, ending in a line break."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
