"""docker-compose.yml gives each process what it reads, and opens nothing to others."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from case_service.settings import CaseSettings, CaseWorkerSettings
from forkant_devstack.compose.environment import variables
from forkant_devstack.compose.jobs import JOBS
from forkant_devstack.compose.realm import REALM
from forkant_devstack.issuer.personas import RESOURCE_SERVER, SERVICE_IDENTITIES, SERVICE_SECRET
from forkant_devstack.native.kafka.jars import VERSION as KAFKA
from forkant_devstack.native.pg_binaries import MAJOR as POSTGRES
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.stack.services import SERVICES
from indicator_service.settings import IndicatorSettings, IndicatorWorkerSettings
from notification_service.settings import NotificationSettings, NotificationWorkerSettings

ROOT = Path(__file__).parents[4]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SETTINGS = {
    "case-api": CaseSettings,
    "case-worker": CaseWorkerSettings,
    "indicator-api": IndicatorSettings,
    "indicator-worker": IndicatorWorkerSettings,
    "notification-api": NotificationSettings,
    "notification-worker": NotificationWorkerSettings,
}
CHOSEN_BY_HAND = {
    "FORKANT_LOG_LEVEL",
    "FORKANT_DOCS_URL",
    "FORKANT_WEBHOOK_ALLOW_LOOPBACK",
    "PYTHON_IMAGE",
    "POSTGRES_IMAGE",
    "KAFKA_IMAGE",
    "KEYCLOAK_IMAGE",
    "MAIL_CATCHER_IMAGE",
    "FORKANT_OTLP_ENDPOINT",
    "FORKANT_PROMETHEUS_PORT",
    "FORKANT_GRAFANA_PORT",
    "OTEL_COLLECTOR_IMAGE",
    "TRACES_IMAGE",
    "PROMETHEUS_IMAGE",
    "GRAFANA_IMAGE",
}
TELEMETRY = {"collector", "traces", "prometheus", "grafana"}
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")


def filled(given: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the file as Compose reads it, with these variables set and the others at their defaults."""
    text = VARIABLE.sub(lambda found: (given or {}).get(found[1], found[2]), TEXT)
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return services


def environment(process: str, given: dict[str, str] | None = None) -> dict[str, str]:
    return dict(filled(given)[process]["environment"])


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    return variables(Layout(tmp_path))


@pytest.mark.parametrize("process", SETTINGS)
def test_a_process_accepts_what_it_is_given(monkeypatch, process, own):
    for given in (None, own):
        with monkeypatch.context() as context:
            for name, value in environment(process, given).items():
                context.setenv(name, value)
            settings = SETTINGS[process]()
        assert settings.env == "dev"
        assert settings.kafka_bootstrap == "kafka:9092"
        assert settings.oidc_issuer == f"http://127.0.0.1:{DEFAULT_PORTS['issuer']}/realms/{REALM}"
        assert settings.oidc_discovery_url == f"http://keycloak:8080/realms/{REALM}"


def test_the_figures_are_held_against_the_cases_by_an_identity_that_the_realm_has():
    given = environment("indicator-worker")
    assert given["FORKANT_SELF_AUDIT_CLIENT_ID"] in SERVICE_IDENTITIES
    assert given["FORKANT_SELF_AUDIT_CLIENT_SECRET"] == SERVICE_SECRET


def test_letters_are_sent_by_an_identity_that_the_realm_has():
    given = environment("notification-worker")
    assert given["FORKANT_COURIER_CLIENT_ID"] in SERVICE_IDENTITIES
    assert given["FORKANT_COURIER_CLIENT_SECRET"] == SERVICE_SECRET


def test_no_setting_is_misspelt():
    known = {f"FORKANT_{name.upper()}" for settings in SETTINGS.values() for name in settings.model_fields}
    given = {name for process in SETTINGS for name in environment(process)}
    assert given - known == set()


def test_every_variable_is_one_that_the_command_sets_or_that_people_choose(own):
    named = {found[1] for found in VARIABLE.finditer(TEXT)}
    images = {name for name in named if re.fullmatch(r"FORKANT_[A-Z]+_IMAGE", name)}
    assert named - images - CHOSEN_BY_HAND <= own.keys()
    # The controller is reached by nobody outside.
    assert own.keys() - named == {"FORKANT_KAFKA_CONTROLLER_PORT"}
    assert TEXT.count("${") == len(VARIABLE.findall(TEXT))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_role_reaches_its_database_and_no_other(service, own):
    name = service.database(broker="kafka")
    wanted = {"api": "app", "worker": "worker"}
    for process, role in wanted.items():
        url = environment(f"{service.name}-{process}", own)["FORKANT_DATABASE_URL"]
        password = own[f"FORKANT_{service.name.upper()}_{role.upper()}_PASSWORD"]
        assert url == f"postgresql://{name}_{role}:{password}@postgres:5432/{name}"
    migration = filled(own)[f"{service.name}-migrate"]["environment"]
    password = own[f"FORKANT_{service.name.upper()}_OWNER_PASSWORD"]
    assert migration == {"FORKANT_DATABASE_OWNER_URL": f"postgresql://{name}_owner:{password}@postgres:5432/{name}"}


def test_letters_go_to_the_mail_catcher_which_is_there_on_request():
    services = filled()
    given = environment("notification-worker")
    assert services[given["FORKANT_SMTP_HOST"]]["profiles"] == ["mail"]
    assert f":{given['FORKANT_SMTP_PORT']}" in services["mail"]["ports"][1]
    assert NotificationWorkerSettings.model_fields.keys() >= {"smtp_host", "smtp_port", "smtp_security", "smtp_sender"}
    assert services["mail"]["read_only"] is True
    assert services["mail"]["image"].partition(":")[2] != "latest"


def test_each_service_signs_with_a_key_of_its_own_and_only_its_worker_has_it(own):
    for given in (None, own):
        keys = {name: environment(name, given).get("FORKANT_AUDIT_SIGNING_KEY") for name in SETTINGS}
        workers = [keys[name] for name in keys if name.endswith("worker")]
        assert len(set(workers)) == len(SERVICES)
        assert all(key is None for name, key in keys.items() if name.endswith("api"))
    assert not any("TEXT_KEYS" in name for name in environment("case-worker"))


def test_all_ports_are_of_this_machine_alone():
    services = filled()
    found = [port for name, service in services.items() for port in service.get("ports", []) if name not in TELEMETRY]
    assert len(found) == len(DEFAULT_PORTS) - 1
    found += [port for name in TELEMETRY for port in services[name].get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in found)


@pytest.mark.parametrize(
    "process", [*SETTINGS, *(f"{service.name}-migrate" for service in SERVICES), *JOBS, *sorted(TELEMETRY)]
)
def test_our_containers_write_nothing_and_may_do_nothing_special(process):
    service = filled()[process]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "user" not in service


def test_a_process_is_healthy_by_its_own_probe():
    for process in SETTINGS:
        test = filled()[process].get("healthcheck", {}).get("test")
        expected = None if process.endswith("api") else ["CMD", "python", "-m", "forkant_kit.probe", "worker"]
        assert test == expected


def test_the_servers_are_of_the_versions_that_run_without_containers():
    services = filled()
    assert services["kafka"]["image"] == f"apache/kafka:{KAFKA}"
    assert services["postgres"]["image"] == f"postgres:{POSTGRES}"


def test_the_services_ask_about_tokens_as_the_realm_knows_them():
    given = environment("case-api")
    assert given["FORKANT_INTROSPECTION_CLIENT_ID"] == RESOURCE_SERVER
    assert given["FORKANT_INTROSPECTION_CLIENT_SECRET"] == SERVICE_SECRET


def test_every_image_is_built_from_a_file_that_is_there_and_can_be_exchanged():
    for service in filled().values():
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
    for service in yaml.safe_load(TEXT)["services"].values():
        assert VARIABLE.fullmatch(service["image"]), service["image"]


@pytest.mark.parametrize(
    "file",
    sorted([*ROOT.glob("services/*/Dockerfile"), *ROOT.glob("libs/*/Dockerfile")]),
    ids=lambda file: file.parent.name,
)
def test_an_image_is_built_from_the_lock_and_runs_as_nobody(file):
    text = file.read_text(encoding="utf-8")
    members = sorted(
        each.parent.relative_to(ROOT)
        for each in [*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]
    )
    for member in members:
        assert f"COPY {member}/pyproject.toml {member}/" in text
    assert text.count("uv sync --locked --no-dev") == 2
    assert "\nUSER 10001:10001\n" in text
    assert "# syntax" not in text
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]
