"""The names that the code gives to attributes of spans, and to what stands beside a line of the log."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/service-kit/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
ATTRIBUTE = re.compile(r"(cloudevents|deployment|error|forkant|http|messaging|network|service|url)(\.[a-z_]+)+")
NOT_ATTRIBUTES = re.compile(r"http\.response\.(body|start)|http\.(request|disconnect)|forkant\.audit")
OF_THE_SDK = {"telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version", "service.instance.id"}
OF_EVERY_LINE = {"time", "level", "event", "service", "logger", "trace_id", "span_id"}
OF_AN_EXCEPTION = {"exception", "frames", "sqlstate", "causes"}
OF_A_HEAD = {"chain", "position", "hash", "chain_at", "base", "ended_at", "count", "key", "signature"}
"""A signed head of the audit chain is a line of the log too, and proves nothing with a part missing."""


def _calls() -> Iterator[tuple[Path, ast.AST]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def span_attributes() -> set[str]:
    """Return the names that stand in modules which make spans."""
    found = set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if "opentelemetry" not in text:
            continue
        words = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        found |= {word for word in words if isinstance(word, str) and ATTRIBUTE.fullmatch(word)}
    return {name for name in found if not NOT_ATTRIBUTES.fullmatch(name)} | OF_THE_SDK


def log_fields() -> set[str]:
    """Return the names of what is logged beside the name of what happened."""
    found = OF_EVERY_LINE | OF_AN_EXCEPTION | OF_A_HEAD
    for _, node in _calls():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "_log":
                found |= {word.arg for word in node.keywords if word.arg}
    return found - {"exc_info"}
