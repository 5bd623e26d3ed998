"""Every metric in the source of every package is in the registry, with labels that name no case and no person."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import pytest
from forkant_kit.metrics import LABELS, METRICS, NAME

ROOT = Path(__file__).parents[3]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
KINDS = frozenset({"Counter", "Gauge", "Histogram", "Summary"})


@dataclass(frozen=True)
class Made:
    """One metric as the source makes it."""

    path: Path
    kind: str
    name: str
    text: str
    labels: frozenset[str]


def made_metrics() -> Iterator[Made]:
    for path in SOURCES:
        source = path.read_text()
        if "from prometheus_client import" not in source:
            continue
        nodes = list(ast.walk(ast.parse(source)))
        kinds = KINDS.intersection(alias.name for node in nodes if is_prometheus(node) for alias in node.names)
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                yield described(path.relative_to(ROOT), node.func.id, node)


def is_prometheus(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and node.module == "prometheus_client"


def described(path: Path, kind: str, call: ast.Call) -> Made:
    given = dict(zip(("name", "documentation", "labelnames"), call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    name = ast.literal_eval(given["name"])
    labels = ast.literal_eval(given["labelnames"]) if "labelnames" in given else ()
    text = (
        METRICS[name] if isinstance(given["documentation"], ast.Subscript) else ast.literal_eval(given["documentation"])
    )
    return Made(path, kind, name, text, frozenset(labels))


@pytest.mark.parametrize("made", [pytest.param(made, id=made.name) for made in made_metrics()])
def test_a_metric_is_named_by_the_rules_and_labelled_by_codes(made: Made):
    assert made.path.stem.endswith("metrics"), f"{made.path}: make {made.name} in a module for metrics"
    assert NAME.fullmatch(made.name), f"{made.path}: {made.name} is out of form"
    assert made.name.endswith("_total") == (made.kind == "Counter"), f"{made.name}: counters, and only they, are _total"
    assert made.labels <= LABELS, f"{made.path}: {made.name} has a label that forkant_kit.metrics.LABELS lacks"
    assert made.text.endswith("."), f"{made.name}: say in a sentence what it measures"


def test_no_name_is_used_twice():
    assert [name for name, times in Counter(made.name for made in made_metrics()).items() if times > 1] == []


def test_the_registry_says_what_the_kit_measures():
    assert {made.name: made.text for made in made_metrics() if "forkant_kit" in made.path.parts} == METRICS
