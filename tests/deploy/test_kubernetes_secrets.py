"""Every secret that a pod names is made by somebody, with just the keys that its process reads."""

import re

import pytest
from notification_service.settings import NotificationWorkerSettings

from .manifests import SERVICES, WHOLE, Resource, by_name, check_custom, needs_kubectl, of_kind, rendered_with
from .test_kubernetes import SECRETS, containers, pods

pytestmark = needs_kubectl
BY_OPERATORS = {
    "forkant-cluster-ca-cert",
    *(f"{service}-service" for service in SERVICES),
    *(f"{service}-postgres-ca" for service in SERVICES),
}
"""What Strimzi and CloudNativePG make themselves."""


def made(resource: Resource) -> dict[str, str]:
    return dict(resource["spec"]["target"]["template"]["data"])


def entries(resource: Resource) -> set[str]:
    return {each["remoteRef"]["key"] for each in resource["spec"]["data"]}


@pytest.mark.parametrize("overlay", WHOLE)
def test_every_secret_that_a_pod_names_is_made(overlay):
    named = set()
    for _, pod in pods(overlay):
        named |= {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        named |= {s["secretRef"]["name"] for each in containers(pod) for s in each["envFrom"] if "secretRef" in s}
    assert named - BY_OPERATORS == SECRETS.keys()
    assert SECRETS.keys() <= of_kind(overlay, "ExternalSecret").keys()


@pytest.mark.parametrize("overlay", WHOLE)
@pytest.mark.parametrize("name", SECRETS)
def test_a_process_is_given_the_keys_that_it_reads_and_no_other(overlay, name):
    assert made(of_kind(overlay, "ExternalSecret")[name]).keys() == SECRETS[name].keys()


@pytest.mark.parametrize("overlay", WHOLE)
def test_a_process_logs_in_to_its_own_database_as_who_it_is(overlay):
    roles = {"api": "app", "worker": "worker", "migrate": "owner"}
    for service in SERVICES:
        cluster = of_kind(overlay, "Cluster")[f"{service}-postgres"]
        database = cluster["spec"]["bootstrap"]["initdb"]["database"]
        for part, role in roles.items():
            (url,) = [
                v
                for k, v in made(of_kind(overlay, "ExternalSecret")[f"{service}-{part}"]).items()
                if k.endswith("_URL")
            ]
            password = "{{ .password | urlquery }}"
            assert url == f"postgresql://{database}_{role}:{password}@{service}-postgres-rw:5432/{database}"
            # The role's own password, which stands in the store once.
            (of_process,), (of_role,) = (
                [d["remoteRef"] for d in secret["spec"]["data"] if d["secretKey"] == "password"]
                for secret in (
                    of_kind(overlay, "ExternalSecret")[f"{service}-{part}"],
                    of_kind(overlay, "ExternalSecret")[f"{service}-postgres-{role}"],
                )
            )
            assert of_process == of_role


@pytest.mark.parametrize("overlay", WHOLE)
def test_what_is_put_together_is_fetched_and_what_is_fetched_is_used(overlay):
    for name, secret in of_kind(overlay, "ExternalSecret").items():
        fetched = {each["secretKey"] for each in secret["spec"]["data"]}
        used = {found for value in made(secret).values() for found in re.findall(r"\{\{ \.(\w+)", value)}
        assert fetched == used, name
        assert secret["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "forkant"}
        # A store that is away or emptied takes nothing from what runs.
        assert secret["spec"]["target"]["deletionPolicy"] == "Retain"


@pytest.mark.parametrize("overlay", WHOLE)
def test_who_has_a_service_s_secrets_reads_no_other_s(overlay):
    for name, secret in of_kind(overlay, "ExternalSecret").items():
        service = name.partition("-")[0]
        assert all(entry.startswith(f"forkant/{service}/") for entry in entries(secret)), name


def test_letters_and_returned_mail_get_their_secrets_where_they_are_chosen(tmp_path):
    chosen = ("external-secrets/letters", "returned-mail", "external-secrets/returned-mail")
    found = by_name(rendered_with(tmp_path, "production", *chosen), "ExternalSecret")
    before = made(of_kind("production", "ExternalSecret")["notification-worker"])
    worker = made(found["notification-worker"])
    added = {key.removeprefix("FORKANT_").lower() for key in worker.keys() - before.keys()}
    assert added == {"smtp_password", "sms_gateway_token", "courier_client_id", "courier_client_secret"}
    assert added <= NotificationWorkerSettings.model_fields.keys()
    assert made(found["notification-returns"]).keys() == {"tls.crt", "tls.key"}
    for each in found.values():
        check_custom(each)
