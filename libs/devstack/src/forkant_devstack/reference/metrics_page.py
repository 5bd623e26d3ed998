"""The page of the metrics that processes show, read from where the code registers them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forkant_kit.metrics import METRICS

from forkant_devstack.reference.markdown import codes, table

_KINDS: Final = frozenset({"Counter", "Gauge", "Histogram"})
_HEAD: Final = """# Metrics

Every process shows these on `/metrics`, as far as its code uses them ([how to watch](../how-to/monitoring.md)).
Scraping adds `service` and `component`. Labels hold codes, never ids. A histogram shows `_bucket`, `_sum` and `_count`.

"""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as the code registers it."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    owner: str
    """`every service` for the kit's, else the service."""


def document(root: Path) -> str:
    """Return the page's text."""
    found = sorted(metrics(root), key=lambda each: (each.owner, each.name))
    parts = [_HEAD]
    for owner in dict.fromkeys(each.owner for each in found):
        rows = [
            (f"`{each.name}`", each.kind.lower(), codes(each.labels), each.meaning)
            for each in found
            if each.owner == owner
        ]
        parts.append(f"## {owner[0].upper()}{owner[1:]}\n\n{table(('metric', 'kind', 'labels', 'meaning'), rows)}\n")
    return "".join(parts)


def metrics(root: Path) -> Iterator[Metric]:
    """Yield every metric that the code registers.

    Raises:
        ValueError: one has no meaning, or its labels are not written out.
    """
    for path in sorted([*root.glob("libs/*/src/**/*.py"), *root.glob("services/*/src/**/*.py")]):
        source = path.read_text(encoding="utf-8")
        if "from prometheus_client import" not in source:
            continue
        part = path.relative_to(root).parts[1]
        owner = f"{part.removesuffix('-service')} service" if part.endswith("-service") else "every service"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS:
                yield from _registered(node, node.func.id, owner)


def _registered(node: ast.Call, kind: str, owner: str) -> Iterator[Metric]:
    given = dict(zip(("name", "documentation", "labelnames"), node.args, strict=False))
    given |= {word.arg: word.value for word in node.keywords if word.arg}
    if "name" not in given:
        return
    name = ast.literal_eval(given["name"])
    labels = ast.literal_eval(given["labelnames"]) if "labelnames" in given else ()
    # A text that is not written out there stands in the registry.
    said = given["documentation"]
    meaning = said.value if isinstance(said, ast.Constant) else METRICS[name]
    if not meaning:
        raise ValueError(f"{name} has no meaning")
    yield Metric(name=name, kind=kind, meaning=str(meaning), labels=tuple(labels), owner=owner)
