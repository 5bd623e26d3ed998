"""What the Prometheus operator is given is valid, finds our processes, and alerts by the rules that are tested."""

import json
from typing import Any

import jsonschema
import pytest
import yaml

from .manifests import ROOT, check_custom, needs_kubectl, rendered

GROUP = "monitoring.coreos.com/v1"
MONITORED = ("staging", "production")
PROCESSES = {f"{service}-{part}" for service in ("case", "indicator", "notification") for part in ("api", "worker")}

pytestmark = needs_kubectl


def of_kind(overlay: str, kind: str) -> list[dict[str, Any]]:
    return [each for each in rendered(overlay) if each["kind"] == kind]


def monitor_of_processes(overlay: str) -> dict[str, Any]:
    (monitor,) = [each for each in of_kind(overlay, "PodMonitor") if each["metadata"]["name"] == "forkant"]
    return monitor


@pytest.mark.parametrize("overlay", MONITORED)
def test_what_the_operator_is_given_is_valid(overlay):
    found = [each for each in rendered(overlay) if each["apiVersion"] == GROUP]
    assert {each["kind"] for each in found} == {"PodMonitor", "PrometheusRule"}
    for resource in found:
        check_custom(resource)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("PodMonitor", {"selektor": {}}),
        ("PodMonitor", {"selector": {}, "podMetricsEndpoints": [{"port": 9000}]}),
        ("PodMonitor", {"selector": {}, "podMetricsEndpoints": [{"interval": "often"}]}),
        ("PrometheusRule", {"groups": [{"name": "x", "rules": [{"alert": "A"}]}]}),
    ],
)
def test_a_resource_that_the_operator_would_refuse_is_found(kind, wrong):
    resource = {"apiVersion": GROUP, "kind": kind, "metadata": {"name": "x", "namespace": "y"}, "spec": wrong}
    with pytest.raises(jsonschema.ValidationError):
        check_custom(resource)


@pytest.mark.parametrize("overlay", MONITORED)
def test_every_process_is_scraped_and_no_migration(overlay):
    monitor = monitor_of_processes(overlay)
    selector = monitor["spec"]["selector"]
    (expression,) = selector["matchExpressions"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    scraped = set()
    for each in [*of_kind(overlay, "Deployment"), *of_kind(overlay, "Job")]:
        labels = each["spec"]["template"]["metadata"]["labels"]
        if selector["matchLabels"].items() <= labels.items() and labels[expression["key"]] in expression["values"]:
            scraped.add(each["metadata"]["name"])
            (container,) = each["spec"]["template"]["spec"]["containers"]
            assert endpoint["port"] in {port["name"] for port in container["ports"]}
    assert scraped == PROCESSES


@pytest.mark.parametrize("overlay", MONITORED)
def test_targets_have_the_labels_that_the_rules_know(overlay):
    monitor = monitor_of_processes(overlay)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    given = {each["targetLabel"]: each.get("sourceLabels") or each["replacement"] for each in endpoint["relabelings"]}
    assert given == {
        "job": "forkant",
        "service": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"],
        "component": ["__meta_kubernetes_pod_label_app_kubernetes_io_component"],
    }


@pytest.mark.parametrize("overlay", MONITORED)
def test_the_policies_let_monitoring_in_where_it_scrapes(overlay):
    (policy,) = [each for each in of_kind(overlay, "NetworkPolicy") if each["metadata"]["name"] == "metrics"]
    monitor = monitor_of_processes(overlay)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert policy["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": endpoint["port"]}]


@pytest.mark.parametrize("overlay", MONITORED)
def test_spans_may_go_where_the_collector_listens(overlay):
    (policy,) = [each for each in of_kind(overlay, "NetworkPolicy") if each["metadata"]["name"] == "traces"]
    (rule,) = policy["spec"]["egress"]
    assert rule["to"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    config = yaml.safe_load((ROOT / "deploy/monitoring/collector.yaml").read_text(encoding="utf-8"))
    listens = config["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert [str(port["port"]) for port in rule["ports"]] == [listens.rpartition(":")[2]]


@pytest.mark.parametrize("overlay", MONITORED)
def test_the_cluster_alerts_by_the_same_rules(overlay):
    (rule,) = of_kind(overlay, "PrometheusRule")
    own = yaml.safe_load((ROOT / "deploy/monitoring/rules.yml").read_text(encoding="utf-8"))
    assert rule["spec"] == own


@pytest.mark.parametrize("overlay", MONITORED)
def test_grafana_of_the_cluster_finds_the_dashboards_by_their_label(overlay):
    (found,) = [each for each in of_kind(overlay, "ConfigMap") if "forkant-dashboards" in each["metadata"]["name"]]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {name: json.loads(text) for name, text in found["data"].items()} == {
        file.name: json.loads(file.read_text(encoding="utf-8"))
        for file in (ROOT / "deploy/monitoring/grafana/dashboards").glob("*.json")
    }


def test_a_cluster_without_the_operator_is_asked_for_none_of_its_resources():
    assert [each for each in rendered("dev") if each["apiVersion"] == GROUP] == []
