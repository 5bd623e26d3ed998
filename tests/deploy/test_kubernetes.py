"""The manifests render, are valid for several versions of Kubernetes, and start what our processes need."""

import base64
import importlib.util
from collections.abc import Iterator
from typing import Any

import certifi
import kubernetes_validate
import pytest
from case_service.settings import CaseSettings, CaseWorkerSettings
from indicator_service.settings import IndicatorSettings, IndicatorWorkerSettings
from notification_service.settings import NotificationSettings, NotificationWorkerSettings

from .manifests import OVERLAYS, OWN, ROOT, SERVICES, by_name, needs_kubectl, of_kind, rendered, rendered_with

VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
SETTINGS = {
    "case-api": CaseSettings,
    "case-worker": CaseWorkerSettings,
    "indicator-api": IndicatorSettings,
    "indicator-worker": IndicatorWorkerSettings,
    "notification-api": NotificationSettings,
    "notification-worker": NotificationWorkerSettings,
}
KEY = base64.b64encode(b"k" * 32).decode()
OF_AN_API = {
    "FORKANT_DATABASE_URL": "postgresql://app@postgres/service",
    "FORKANT_CURSOR_SECRET": "c" * 40,
    "FORKANT_INTROSPECTION_CLIENT_ID": "forkant",
    "FORKANT_INTROSPECTION_CLIENT_SECRET": "s" * 40,
}
OF_A_WORKER = {
    "FORKANT_DATABASE_URL": "postgresql://worker@postgres/service",
    "FORKANT_CURSOR_SECRET": "c" * 40,
    "FORKANT_AUDIT_SIGNING_KEY": KEY,
}
OF_A_MIGRATION = {"FORKANT_DATABASE_OWNER_URL": "postgresql://owner@postgres/service"}
SECRETS = {
    "case-api": {**OF_AN_API, "FORKANT_TEXT_KEYS": KEY},
    "case-worker": OF_A_WORKER,
    "case-migrate": {**OF_A_MIGRATION, "FORKANT_TEXT_KEYS": KEY},
    "indicator-api": OF_AN_API,
    "indicator-worker": {
        **OF_A_WORKER,
        "FORKANT_SELF_AUDIT_CLIENT_ID": "indicator-self-audit",
        "FORKANT_SELF_AUDIT_CLIENT_SECRET": "s" * 40,
    },
    "indicator-migrate": OF_A_MIGRATION,
    "notification-api": {**OF_AN_API, "FORKANT_ENDPOINT_SECRET_KEYS": KEY},
    "notification-worker": {**OF_A_WORKER, "FORKANT_ENDPOINT_SECRET_KEYS": KEY},
    "notification-migrate": OF_A_MIGRATION,
}
"""The keys of each secret, as the how-to asks for them."""
DRAIN_S = 10
"""Within which a process ends what it does, once told to stop."""

pytestmark = needs_kubectl


def pods(overlay: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the pod's specification of everything that runs."""
    for name, each in of_kind(overlay, "Deployment", "Job").items():
        yield name, each["spec"]["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def environment(overlay: str, process: str, *, container: int = 0) -> dict[str, str]:
    """Return what a process reads, with secrets of the test's own."""
    config = of_kind(overlay, "ConfigMap")
    found: dict[str, str] = {}
    pod = dict(pods(overlay))[process]
    for source in pod["containers"][container]["envFrom"]:
        if "configMapRef" in source:
            found |= config[source["configMapRef"]["name"]]["data"]
        else:
            found |= SECRETS[source["secretRef"]["name"]]
    return found | {each["name"]: each["value"] for each in pod["containers"][container].get("env", [])}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_resource_is_valid_and_has_no_field_that_kubernetes_does_not_know(overlay, version):
    for resource in rendered(overlay):
        if resource["apiVersion"] in OWN:
            kubernetes_validate.validate(resource, version, strict=True)


def test_a_misspelt_field_would_be_found():
    broken = {**of_kind("dev", "Service")["case-api"]}
    broken["spec"] = {**broken["spec"], "selektor": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_has_its_parts_and_nothing_runs_without_a_limit_of_memory(overlay):
    assert {name for name, _ in pods(overlay)} == {
        f"{service}-{part}" for service in SERVICES for part in ("api", "worker", "migrate")
    }
    assert of_kind(overlay, "Service").keys() == {f"{service}-api" for service in SERVICES}
    for _, pod in pods(overlay):
        assert all(each["resources"]["limits"]["memory"] for each in containers(pod))
        assert all(each["resources"]["requests"]["cpu"] for each in containers(pod))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_are_restricted(overlay):
    (namespace,) = of_kind(overlay, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, pod in pods(overlay):
        security = pod["securityContext"]
        assert (security["runAsNonRoot"], security["seccompProfile"]) == (True, {"type": "RuntimeDefault"}), name
        assert pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert {next(iter(volume.keys() - {"name"})) for volume in pod["volumes"]} <= {"emptyDir", "secret"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
    assert all(each["automountServiceAccountToken"] is False for each in of_kind(overlay, "ServiceAccount").values())


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("process", SETTINGS)
def test_a_process_starts_in_production_with_what_it_is_given(monkeypatch, overlay, process):
    given = environment(overlay, process)
    for name in given:
        # Mounted files are the cluster's; any certificate does for reading the settings.
        if name == "FORKANT_KAFKA_CA_FILE":
            assert given[name].startswith("/etc/forkant/")
            given[name] = certifi.where()
    mounted = {name: given.pop(name) for name in list(given) if name.endswith(("CERTIFICATE_FILE", "KEY_FILE"))}
    with monkeypatch.context() as context:
        for name, value in given.items():
            context.setenv(name, value)
        settings = SETTINGS[process]()
    assert settings.env == "production"
    known = {f"FORKANT_{name.upper()}" for each in SETTINGS.values() for name in each.model_fields}
    assert {name for name in (*given, *mounted) if name.startswith("FORKANT_")} <= known
    assert given["PGSSLMODE"] == "verify-full"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_mounted_is_where_the_settings_look(overlay):
    for name, pod in pods(overlay):
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for container in containers(pod):
            places = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
            files = {
                f"{place}/{item['path']}"
                for place, volume in places.items()
                for item in volume.get("secret", {}).get("items", [])
            }
            # A secret without items is mounted whole, and is a folder.
            files |= {
                place for place, volume in places.items() if "secret" in volume and "items" not in volume["secret"]
            }
            wanted = [each["value"] for each in container.get("env", []) if each["name"].endswith("_FILE")]
            assert {"/etc/forkant/postgres/ca.crt", *wanted} <= files, name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_worker_is_the_kafka_user_that_the_topic_registry_gives_rights(overlay):
    users = of_kind(overlay, "KafkaUser")
    for service in SERVICES:
        pod = dict(pods(overlay))[f"{service}-worker"]
        (secret,) = [each["secret"]["secretName"] for each in pod["volumes"] if each["name"] == "kafka-user"]
        assert secret in users
        assert secret == f"{service}-service"
    assert not any(
        volume["name"].startswith("kafka")
        for name, pod in pods(overlay)
        if name.endswith("api")
        for volume in pod["volumes"]
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_started_is_there(overlay):
    for name, pod in pods(overlay):
        service = name.partition("-")[0]
        assert {each["image"].rpartition(":")[0] for each in containers(pod)} == {f"forkant/{service}-service"}
        assert (ROOT / f"services/{service}-service/Dockerfile").is_file()
        commands = [each["command"] for each in containers(pod) if "command" in each]
        for command in commands:
            assert command[:2] == ["python", "-m"]
            assert importlib.util.find_spec(command[2]) is not None, command
        # The image's own command is the API.
        assert len(commands) == len(containers(pod)) - name.endswith("api")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_ask_what_they_are_for_and_stopping_is_given_time(overlay):
    for name, deployment in of_kind(overlay, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        (main,) = pod["containers"]
        assert (
            main["livenessProbe"]["httpGet"]
            == main["startupProbe"]["httpGet"]
            == {"path": "/health/live", "port": "ops"}
        )
        assert main["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "ops"}
        pause = main.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert bool(pause) == name.endswith("api")
        assert pod["terminationGracePeriodSeconds"] >= pause + DRAIN_S + 5
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_selects_finds_what_it_is_meant_for(overlay):
    labels = {
        name: each["spec"]["template"]["metadata"]["labels"] for name, each in of_kind(overlay, "Deployment").items()
    }
    for name, budget in of_kind(overlay, "PodDisruptionBudget").items():
        wanted = budget["spec"]["selector"]["matchLabels"].items()
        assert [each for each, found in labels.items() if wanted <= found.items()] == [name]
    for name, service in of_kind(overlay, "Service").items():
        wanted = service["spec"]["selector"].items()
        assert [each for each, found in labels.items() if wanted <= found.items()] == [name]
    for scaler in of_kind(overlay, "HorizontalPodAutoscaler").values():
        assert scaler["spec"]["scaleTargetRef"]["name"] in labels
        # A number in the manifest would undo the autoscaler's at each release.
        assert "replicas" not in of_kind(overlay, "Deployment")[scaler["spec"]["scaleTargetRef"]["name"]]["spec"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_reached_that_no_policy_names(overlay):
    policies = of_kind(overlay, "NetworkPolicy")
    everything = policies["deny-all"]["spec"]
    assert everything == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    webhooks = policies["webhooks"]["spec"]
    assert webhooks["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "notification-service"
    private = {block for rule in webhooks["egress"] for each in rule["to"] for block in each["ipBlock"]["except"]}
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "172.16.0.0/12", "fc00::/7"} <= private
    email = policies["email"]["spec"]
    assert email["podSelector"] == webhooks["podSelector"]
    assert {port["port"] for rule in email["egress"] for port in rule["ports"]} == {587, 465}


def test_returned_mail_reaches_the_workers_alone_and_only_where_the_component_is_chosen(tmp_path, monkeypatch):
    found = rendered_with(tmp_path, "production", "returned-mail")
    for resource in found:
        if resource["apiVersion"] in OWN:
            kubernetes_validate.validate(resource, VERSIONS[-1], strict=True)
    template = by_name(found, "Deployment")["notification-worker"]["spec"]["template"]
    service = by_name(found, "Service")["notification-returns"]["spec"]
    policy = by_name(found, "NetworkPolicy")["returned-mail"]["spec"]
    for selector in (service["selector"], policy["podSelector"]["matchLabels"]):
        assert selector.items() <= template["metadata"]["labels"].items()
    [container] = template["spec"]["containers"]
    assert service["ports"][0]["targetPort"] in {port["name"] for port in container["ports"]}
    given = {each["name"]: each["value"] for each in container["env"] if "RETURNS" in each["name"]}
    with monkeypatch.context() as context:
        files = {name: certifi.where() for name in given if name.endswith("_FILE")}
        for name, value in {**environment("production", "notification-worker"), **given, **files}.items():
            context.setenv(name, certifi.where() if name == "FORKANT_KAFKA_CA_FILE" else value)
        for name in ("FORKANT_KAFKA_CERTIFICATE_FILE", "FORKANT_KAFKA_KEY_FILE"):
            context.delenv(name)
        context.setenv("FORKANT_SMTP_RETURN_PATH", "returns@forkant.example")
        assert NotificationWorkerSettings().returns_port == 2525
    assert not any("notification-returns" in name for name in of_kind("production", "Service"))


def test_every_secret_that_is_named_is_explained():
    text = (ROOT / "docs/how-to/kubernetes.md").read_text(encoding="utf-8")
    named = set()
    for _, pod in pods("production"):
        named |= {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        named |= {
            source["secretRef"]["name"]
            for each in containers(pod)
            for source in each["envFrom"]
            if "secretRef" in source
        }
    assert {name for name in named if f"`{name}`" not in text} == set()
    for keys in SECRETS.values():
        assert {key for key in keys if f"`{key}`" not in text} == set()
