"""The rules name metrics that the code registers, fire when they must, and not when they must not."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from notification_service.metrics import FIRST_ATTEMPT_SECONDS
from prometheus_client.utils import floatToGoString

from . import promtool
from .metric_names import faults, known, used

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy/monitoring"
TESTS = ("rules.test.yml", "rules.slow.test.yml")
GROUPS: list[dict[str, Any]] = yaml.safe_load((MONITORING / "rules.yml").read_text(encoding="utf-8"))["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
ASKED = re.compile(r'alertname="(\w+)"')


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.get("alert") or rule["record"]) for rule in RULES])
def test_a_rule_names_metrics_and_labels_that_there_are(rule):
    assert faults(rule["expr"], known()) == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("max(forkant_outbox_oldest_second) > 1", ["no metric forkant_outbox_oldest_second"]),
        ('forkant_outbox_backlog{topik="x"} > 1', ["forkant_outbox_backlog has no label topik"]),
        ("sum by (route) (forkant_outbox_backlog)", ["nothing here has a label route"]),
        ("rate(forkant_http_request_seconds[5m])", ["no metric forkant_http_request_seconds"]),
        ('sum by (service, le) (rate(forkant_http_request_seconds_bucket{status=~"5.."}[5m] offset 5m))', []),
    ],
)
def test_a_misspelt_metric_or_label_would_be_found(expression, found):
    assert faults(expression, known()) == found


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_and_what_is_the_matter(name):
    alert = ALERTS[name]
    assert re.fullmatch(r"Forkant([A-Z][a-z]+)+", name)
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"].endswith(".")
    labels = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
    found = used(alert["expr"])
    kept = found.grouping.union(*(known()[metric] for metric in found.metrics if ":" in metric))
    assert labels <= kept | ({"service", "component"} if found.metrics == {"up"} else set())
    assert "$value" not in str(alert["annotations"])


def test_no_name_is_used_twice():
    names = [rule.get("alert") or rule["record"] for rule in RULES]
    assert len(names) == len(set(names))


def test_every_objective_pages_when_its_budget_burns_and_says_so_when_it_shrinks():
    found: dict[str, set[str]] = {}
    for alert in ALERTS.values():
        if "slo" in alert["labels"]:
            found.setdefault(alert["labels"]["slo"], set()).add(alert["labels"]["severity"])
    assert found == {
        "api-availability": {"page", "ticket"},
        "indicator-delay": {"page", "ticket"},
        "webhook-delay": {"page", "ticket"},
        "audit-loss": {"page"},
    }


def test_each_alert_is_seen_to_fire_and_seen_not_to():
    fires: set[str] = set()
    silent: set[str] = set()
    for file in TESTS:
        for case in yaml.safe_load((MONITORING / file).read_text(encoding="utf-8"))["tests"]:
            for check in case["promql_expr_test"]:
                (name,) = ASKED.findall(check["expr"])
                (fires if check["exp_samples"] else silent).add(name)
    assert fires == ALERTS.keys()
    assert silent == ALERTS.keys()


def test_a_limit_of_a_histogram_is_one_of_its_buckets():
    limits = set(re.findall(r'forkant_webhook_first_attempt_seconds_bucket\{le="([^"]+)"\}', str(RULES)))
    assert limits == {"5.0"}
    assert limits <= {floatToGoString(bound) for bound in FIRST_ATTEMPT_SECONDS._upper_bounds}


@promtool.needed
def test_the_rules_are_valid():
    answer = promtool.run("check", "rules", MONITORING / "rules.yml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@promtool.needed
@pytest.mark.parametrize("file", TESTS)
def test_the_rules_do_what_their_tests_say(file):
    answer = promtool.run("test", "rules", MONITORING / file)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@promtool.needed
def test_a_rule_that_never_fires_would_be_found(tmp_path):
    rules = (MONITORING / "rules.yml").read_text(encoding="utf-8")
    (tmp_path / "rules.yml").write_text(
        rules.replace("oldest_seconds) > 30", "oldest_seconds) > 3000"), encoding="utf-8"
    )
    tests = yaml.safe_load((MONITORING / TESTS[0]).read_text(encoding="utf-8"))
    tests["tests"] = [case for case in tests["tests"] if "ForkantOutboxOld" in str(case)]
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests), encoding="utf-8")
    answer = promtool.run("test", "rules", tmp_path / "tests.yml")
    assert answer.returncode != 0
    assert "ForkantOutboxOld" in answer.stdout + answer.stderr
