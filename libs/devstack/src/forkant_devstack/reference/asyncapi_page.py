"""The page of the AsyncAPI document: channels, who sends and receives, and the form of messages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forkant_devstack.reference.markdown import table

_HEAD: Final = """# AsyncAPI

The document `libs/contracts/asyncapi.json` (AsyncAPI {version}) describes what is on Kafka: give it to a generator or a
viewer. This page shows what is in it; [events](events.md) tells what each event means, field by field, with an example.

Servers: {servers}. Messages are CloudEvents 1.0 in binary mode: attributes are Kafka headers, the body is JSON.

"""


def document(root: Path) -> str:
    """Return the page's text."""
    found = json.loads((root / "libs/contracts/asyncapi.json").read_text(encoding="utf-8"))
    servers = ", ".join(f"`{name}` ({each['protocol']})" for name, each in found["servers"].items())
    parts = [_HEAD.format(version=found["asyncapi"], servers=servers)]
    for name, channel in found["channels"].items():
        parts.append(_channel(name, channel, found))
    return "".join(parts)


def _channel(name: str, channel: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    who = [
        (f"`{each['tags'][0]['name']}`", each["action"])
        for each in found["operations"].values()
        if each["channel"]["$ref"] == f"#/channels/{name}"
    ]
    messages = [(f"`{key}`", _said(found, key)) for key in channel["messages"]]
    return (
        f"## {name}\n\n{channel.get('description', '')}\n\n{table(('who', 'action'), who)}\n"
        f"{table(('message', 'what it says'), messages)}\n"
    )


def _said(found: Mapping[str, Any], key: str) -> str:
    message = found["components"]["messages"][key]
    return str(message.get("summary") or message.get("title") or "")
