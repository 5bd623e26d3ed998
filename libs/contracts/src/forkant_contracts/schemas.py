"""JSON Schemas of every event type, generated from the models and committed in ``schemas/``.

``python -m forkant_contracts.schemas`` writes them; ``--check`` fails when what is committed differs.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from forkant_contracts.envelope import EventData
from forkant_contracts.events import EVENT_TYPES

FOLDER: Final = Path(__file__).parents[2] / "schemas"


def schema_of(model: type[EventData]) -> dict[str, Any]:
    """Return the schema of one event's data as its writer must produce it."""
    schema = model.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": model.data_schema(),
        "x-topic": model.TOPIC,
        **schema,
    }


def file_name(model: type[EventData]) -> str:
    """Return the file that holds the schema of this minor version."""
    return f"{model.data_schema().rpartition(':')[2]}.json"


def generated() -> dict[str, str]:
    """Return all schemas as text, by file name."""
    return {
        file_name(model): json.dumps(schema_of(model), indent=2, ensure_ascii=False) + "\n"
        for model in EVENT_TYPES.values()
    }


def differences(folder: Path = FOLDER) -> list[str]:
    """Return what differs between the committed schemas and the models, one line each.

    A file of an older minor version stays: what was released is never rewritten.
    """
    return [
        f"{name}: {'is missing' if not (folder / name).exists() else 'differs from its model'}"
        for name, text in generated().items()
        if not (folder / name).exists() or (folder / name).read_text() != text
    ]


def main(arguments: list[str]) -> int:
    """Write the schemas, or with ``--check`` compare them; return the exit code."""
    if "--check" in arguments:
        found = differences()
        for line in found:
            print(line)  # noqa: T201
        if found:
            print("Run `python -m forkant_contracts.schemas`; raise MINOR when the event was released.")  # noqa: T201
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in generated().items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
