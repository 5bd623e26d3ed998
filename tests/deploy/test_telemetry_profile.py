"""What docker-compose.yml brings with the profile `telemetry` fits together: no engine is asked."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from forkant_devstack.compose.environment import COLLECTOR, GRAFANA
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_kit.metrics import LABELS

from . import promtool
from .metric_names import faults, known
from .telemetry_names import OF_THE_SDK, log_fields, span_attributes

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy/monitoring"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROFILE = {name: service for name, service in SERVICES.items() if service.get("profiles") == ["telemetry"]}
CONFIG = yaml.safe_load((MONITORING / "collector.yaml").read_text(encoding="utf-8"))
DASHBOARDS = sorted((MONITORING / "grafana/dashboards").glob("*.json"))
OF_A_RESOURCE = {"service.name", "service.namespace", "deployment.environment.name"}
each_board = pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)


def yaml_of(path: str) -> Any:
    return yaml.safe_load((MONITORING / path).read_text(encoding="utf-8"))


def board(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def panels(file: Path) -> list[dict[str, Any]]:
    return [panel for panel in board(file)["panels"] if panel["type"] != "row"]


def test_the_profile_has_its_parts_each_of_a_fixed_image():
    assert PROFILE.keys() == {"collector", "traces", "prometheus", "grafana"}
    for service in PROFILE.values():
        variable, _, tag = service["image"].rpartition(":")
        assert re.fullmatch(r"\$\{[A-Z_]+_IMAGE:-[a-z/-]+", variable)
        assert re.fullmatch(r"v?\d+\.\d+\.\d+\}", tag)


def test_what_is_mounted_is_there_and_can_not_be_written():
    for service in PROFILE.values():
        for mount in service.get("volumes", []):
            source, _, place = mount.partition(":")
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
                assert place.endswith(":ro")
            else:
                assert source in COMPOSE["volumes"]


def test_traces_are_sent_when_somebody_says_where_and_the_collector_listens_there():
    assert SERVICES["case-api"]["environment"]["FORKANT_OTLP_ENDPOINT"] == "${FORKANT_OTLP_ENDPOINT:-}"
    host, _, port = COLLECTOR.removeprefix("http://").partition(":")
    assert host in PROFILE
    assert CONFIG["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(f":{port}")


def test_every_process_is_scraped_with_the_labels_that_the_rules_know():
    (job,) = [each for each in yaml_of("prometheus.yml")["scrape_configs"] if each["job_name"] == "forkant"]
    found = set()
    for target in job["static_configs"]:
        (address,) = target["targets"]
        name, _, port = address.partition(":")
        assert target["labels"] == {"service": f"{name.partition('-')[0]}-service", "component": name.partition("-")[2]}
        assert int(port) == DEFAULT_PORTS[name]
        found.add(name)
    assert found == {name for name in SERVICES if name.endswith(("-api", "-worker"))}


@promtool.needed
def test_prometheus_takes_its_configuration():
    answer = promtool.run("check", "config", "--syntax-only", MONITORING / "prometheus.yml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_prometheus_reads_the_rules_that_are_mounted():
    (file,) = yaml_of("prometheus.yml")["rule_files"]
    assert f"./deploy/monitoring/rules.yml:{file}:ro" in PROFILE["prometheus"]["volumes"]


def test_what_the_collector_uses_is_set_up_and_what_is_set_up_is_used():
    pipelines = CONFIG["service"]["pipelines"]
    assert pipelines.keys() == {"traces", "metrics", "logs"}
    for kind in ("receivers", "processors", "exporters"):
        assert {name for each in pipelines.values() for name in each[kind]} == CONFIG[kind].keys()
    for each in pipelines.values():
        assert each["processors"][0] == "memory_limiter"
        assert each["processors"][-1] == "batch"


@pytest.mark.parametrize(("signal", "wall"), [("traces", "spans"), ("metrics", "metrics"), ("logs", "logs")])
def test_nothing_passes_but_what_is_named(signal, wall):
    assert f"redaction/{wall}" in CONFIG["service"]["pipelines"][signal]["processors"]
    assert CONFIG["processors"][f"redaction/{wall}"]["allow_all_keys"] is False
    names = CONFIG["processors"][f"redaction/{wall}"]["allowed_keys"]
    assert names == sorted(set(names))


def test_attributes_of_spans_are_those_of_the_code():
    assert set(CONFIG["processors"]["redaction/spans"]["allowed_keys"]) == span_attributes()


def test_labels_of_metrics_are_those_of_the_registry():
    assert set(CONFIG["processors"]["redaction/metrics"]["allowed_keys"]) == LABELS | OF_A_RESOURCE | OF_THE_SDK


def test_fields_of_the_log_are_those_of_the_code():
    assert set(CONFIG["processors"]["redaction/logs"]["allowed_keys"]) == log_fields() | OF_A_RESOURCE | OF_THE_SDK


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("GET /v1/cases/{case_id}", True),
        ("POST /v1/concerns/{concern_id}/decision", True),
        ("GET unmatched", True),
        ("GET", True),
        ("send batch", True),
        ("process forkant.case-operations.v1", True),
        ("POST webhook", True),
        ("send letter", True),
        ("GET /v1/cases?q=Ola", False),
        ("GET /v1/cases/Ola Nordmann", False),
        ("Ola Nordmann", False),
        ("SELECT name FROM person", False),
    ],
)
def test_names_of_spans_are_those_that_the_code_makes(name, passes):
    (statement,) = [each for each in CONFIG["processors"]["transform/spans"]["trace_statements"] if "span.name" in each]
    (pattern,) = re.findall(r'IsMatch\(span\.name, "(.*)"\)', statement)
    assert bool(re.search(pattern.replace("\\\\", "\\"), name)) is passes


@each_board
def test_a_dashboard_shows_metrics_that_there_are(file):
    for panel in panels(file):
        assert panel["title"]
        assert panel["targets"]
        for target in panel["targets"]:
            assert faults(target["expr"], known()) == [], panel["title"]


def test_a_misspelt_metric_of_a_dashboard_would_be_found():
    assert faults("sum by (service) (rate(forkant_relay_publishd_total[5m]))", known()) != []


@each_board
def test_a_dashboard_asks_a_source_that_grafana_is_given_and_its_panels_lie_side_by_side(file):
    variables = {each["name"]: each for each in board(file)["templating"]["list"]}
    assert variables["datasource"]["query"] in {
        each["type"] for each in yaml_of("grafana/provisioning/datasources/forkant.yaml")["datasources"]
    }
    places: set[tuple[int, int]] = set()
    for panel in board(file)["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        grid = panel["gridPos"]
        taken = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not taken & places, panel["title"]
        assert max(x for x, _ in taken) < 24
        places |= taken


def test_grafana_finds_what_it_is_given():
    (provider,) = yaml_of("grafana/provisioning/dashboards/forkant.yaml")["providers"]
    assert f"./deploy/monitoring/grafana/dashboards:{provider['options']['path']}:ro" in PROFILE["grafana"]["volumes"]
    for source in yaml_of("grafana/provisioning/datasources/forkant.yaml")["datasources"]:
        assert source["url"].removeprefix("http://").partition(":")[0] in PROFILE
    assert GRAFANA.rpartition(":")[2] in PROFILE["grafana"]["ports"][0]
    identities = [board(file)["uid"] for file in DASHBOARDS]
    assert len(identities) == len(set(identities)) == 4


def test_a_cluster_gets_every_dashboard():
    (generator,) = yaml_of("grafana/dashboards/kustomization.yaml")["configMapGenerator"]
    assert sorted(generator["files"]) == [file.name for file in DASHBOARDS]


def test_what_comes_by_otlp_is_not_scraped_beside_the_processes_where_it_would_count_twice():
    shown = CONFIG["exporters"]["prometheus"]["endpoint"].rpartition(":")[2]
    jobs = yaml_of("prometheus.yml")["scrape_configs"]
    targets = [target for job in jobs for each in job["static_configs"] for target in each["targets"]]
    assert "collector:8888" in targets
    assert f"collector:{shown}" not in targets


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_a_server_on_a_busy_machine_has_minutes_to_start_before_it_counts_as_unhealthy(server):
    begins = SERVICES[server]["healthcheck"]["start_period"]
    assert int(begins.removesuffix("s")) >= 120
