"""The metrics that the code registers with their labels, and the names that a PromQL expression uses."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
KINDS = frozenset({"Counter", "Gauge", "Histogram"})
OF_THE_SCRAPE = frozenset({"job", "instance", "service", "component"})
"""Labels that scraping adds: see prometheus.yml and the PodMonitor."""
OF_PROMETHEUS: Mapping[str, frozenset[str]] = {"up": frozenset()}
OF_A_PROCESS = frozenset(
    {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_max_fds"}
)
"""What the client library measures of its own process."""
WORDS = frozenset(
    {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"}
)
FUNCTIONS = frozenset(
    {"absent", "avg", "avg_over_time", "changes", "count", "delta", "histogram_quantile", "increase", "max"}
    | {"max_over_time", "min", "min_over_time", "rate", "sum", "clamp_min"}
    | {"label_values", "time", "topk"}
)

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_RANGE = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_NAME = re.compile(r"(?<![\w:.$])[a-zA-Z_:][\w:]*")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Used:
    """What one expression names."""

    metrics: frozenset[str]
    labels_of: Mapping[str, frozenset[str]]
    grouping: frozenset[str]


def registered() -> dict[str, frozenset[str]]:
    """Return every series that a process can show, with its labels."""
    found = dict(OF_PROMETHEUS) | dict.fromkeys(OF_A_PROCESS, frozenset())
    for path in sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]):
        source = path.read_text(encoding="utf-8")
        if "from prometheus_client import" in source:
            for kind, name, labels in _made(ast.parse(source)):
                if kind == "Histogram":
                    found |= {f"{name}_count": labels, f"{name}_sum": labels, f"{name}_bucket": labels | {"le"}}
                else:
                    found[name] = labels
    return found


def known() -> dict[str, frozenset[str]]:
    """Return the code's metrics, and what the rules record of them with the labels that they keep."""
    groups = yaml.safe_load((ROOT / "deploy/monitoring/rules.yml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return registered() | {rule["record"]: used(rule["expr"]).grouping for rule in rules if "record" in rule}


def _made(tree: ast.AST) -> Iterator[tuple[str, str, frozenset[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
            given = dict(zip(("name", "documentation", "labelnames"), node.args, strict=False))
            given |= {word.arg: word.value for word in node.keywords if word.arg}
            if "name" in given:
                labels = ast.literal_eval(given["labelnames"]) if "labelnames" in given else ()
                yield node.func.id, ast.literal_eval(given["name"]), frozenset(labels)


def used(expression: str) -> Used:
    """Take an expression apart; a name that is no function, word or label counts as a metric's."""
    bare = _RANGE.sub(" ", _TEXT.sub("''", expression))
    labels_of: dict[str, frozenset[str]] = {}
    for name, inside in _SELECTOR.findall(bare):
        labels_of[name] = labels_of.get(name, frozenset()) | frozenset(_NAME.findall(inside.replace("''", "")))
    grouping = frozenset(name for inside in _GROUPING.findall(bare) for name in _NAME.findall(inside))
    rest = _GROUPING.sub(" ", re.sub(r"\{[^}]*\}", " ", bare))
    names = {name for name in _NAME.findall(rest) if name not in WORDS | FUNCTIONS}
    return Used(frozenset(names), labels_of, grouping)


def faults(expression: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    """Return what an expression names and nothing shows."""
    found = used(expression)
    missing = [f"no metric {name}" for name in sorted(found.metrics - known.keys())]
    for name, labels in found.labels_of.items():
        wrong = labels - known.get(name, labels) - OF_THE_SCRAPE
        missing += [f"{name} has no label {label}" for label in sorted(wrong)]
    there = OF_THE_SCRAPE.union(*(known.get(name, frozenset()) for name in found.metrics))
    return missing + [f"nothing here has a label {label}" for label in sorted(found.grouping - there)]
