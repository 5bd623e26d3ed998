"""Asks a running Prometheus whether it watches the platform: its targets, its rules, every query of the dashboards.

``python -m scripts.check_monitoring [URL]``; exit code 1 when a target is down, a rule fails, or a query gives nothing
although there are values of all that it asks for. What has no values yet is told of: a series with labels begins when
something of the kind happens. That names and labels are those of the code is tested in tests/deploy, without one.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import yaml  # type: ignore[import-untyped]

ROOT: Final = Path(__file__).parents[1]
RULES: Final = ROOT / "deploy/monitoring/rules.yml"
DASHBOARDS: Final = ROOT / "deploy/monitoring/grafana/dashboards"
URL: Final = "http://127.0.0.1:9090"
_SELECTOR: Final = re.compile(r"\b(?:forkant_\w+|process_\w+|up)\b(?:\{[^}]*\})?")
_COMPARISON: Final = re.compile(r"[^=!<>][<>]=? *[0-9]")


def ask(http: httpx.Client, path: str, **parameters: str) -> dict[str, Any]:
    """Return the data of one answer of Prometheus.

    Raises:
        httpx.HTTPError: it did not answer, or refused.
    """
    answer = http.get(f"/api/v1/{path}", params=parameters)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()["data"]
    return found


def targets_down(data: dict[str, Any]) -> Iterator[str]:
    """Yield the targets that do not answer."""
    for target in data["activeTargets"]:
        if target["health"] != "up":
            yield f"target {target['scrapeUrl']} is {target['health']}: {target['lastError']}"


def rules_wrong(data: dict[str, Any], wanted: frozenset[str]) -> Iterator[str]:
    """Yield the rules that are missing, and those that can't be worked out."""
    rules = [rule for group in data["groups"] for rule in group["rules"]]
    yield from (f"rule {name} is not loaded" for name in sorted(wanted - {rule["name"] for rule in rules}))
    yield from (f"rule {rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] == "err")


def queries() -> Iterator[tuple[str, str]]:
    """Yield each query with where it stands, as Grafana asks it when everything is chosen."""
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", []):
                yield f"{file.stem}, {panel['title']}", target["expr"].replace("$service", ".*")


def wanted_rules() -> frozenset[str]:
    """Return the names of the rules that Prometheus should have."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return frozenset(rule.get("alert") or rule["record"] for group in groups for rule in group["rules"])


def empty(http: httpx.Client) -> Iterator[tuple[str, bool]]:
    """Yield the queries that give nothing, and whether there are values of all that they ask for.

    Raises:
        httpx.HTTPError: Prometheus does not answer, or refuses a query.
    """
    for place, query in queries():
        if not ask(http, "query", query=query)["result"]:
            there = all(ask(http, "query", query=each)["result"] for each in _SELECTOR.findall(query))
            yield f"{place}: {query}", there and not _COMPARISON.search(query)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is wrong, and return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    with httpx.Client(base_url=given[0] if given else URL, trust_env=False, timeout=30) as http:
        wrong = [*targets_down(ask(http, "targets", state="active")), *rules_wrong(ask(http, "rules"), wanted_rules())]
        found = list(empty(http))
    wrong += [place for place, is_fault in found if is_fault]
    asked, given_data = len(list(queries())), len(list(queries())) - len(found)
    told = [f"{'no data' if is_fault else 'nothing yet'}: {place}" for place, is_fault in found]
    told += [f"wrong: {line}" for line in wrong]
    told += [f"{len(wanted_rules())} rules, {asked} queries: {given_data} give data, {len(wrong)} things are wrong"]
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
