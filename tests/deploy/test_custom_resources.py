"""What operators are given is as the definitions of their resources say, to the last field."""

import copy

import jsonschema
import pytest

from .manifests import OVERLAYS, OWN, SCHEMAS, WHOLE, Resource, check_custom, needs_kubectl, of_kind, rendered

pytestmark = needs_kubectl
KINDS = sorted(path.stem for path in SCHEMAS.glob("*.json"))


def custom(overlay: str) -> list[Resource]:
    return [each for each in rendered(overlay) if each["apiVersion"] not in OWN]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_resource_of_an_operator_is_as_its_definition_says(overlay):
    for resource in custom(overlay):
        check_custom(resource)


@pytest.mark.parametrize("overlay", WHOLE)
def test_an_overlay_that_brings_its_servers_has_something_of_every_definition(overlay):
    assert sorted({each["kind"].lower() for each in custom(overlay)}) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_an_operator_does_not_know_is_found(kind):
    resource = copy.deepcopy(next(each for each in custom("production") if each["kind"].lower() == kind))
    resource["spec"]["selektor"] = {}
    with pytest.raises(jsonschema.ValidationError, match="selektor"):
        check_custom(resource)


@pytest.mark.parametrize(
    ("kind", "name", "path", "wrong"),
    [
        ("Kafka", "forkant", ("spec", "kafka", "listeners", 0, "type"), "everywhere"),
        ("Kafka", "forkant", ("spec", "kafka", "listeners", 0, "networkPolicyPeers", 0, "podSelektor"), {}),
        ("KafkaNodePool", "broker", ("spec", "roles"), ["broker", "reader"]),
        ("Cluster", "case-postgres", ("spec", "bootstrap", "initdb", "localeProvider"), 3),
        ("ObjectStore", "case-postgres", ("spec", "configuration", "wal", "encryption"), "rot13"),
        ("ScheduledBackup", "case-postgres", ("spec", "method"), "tape"),
        ("ScaledObject", "case-worker", ("spec", "pollingInterval"), "soon"),
        ("Gateway", "forkant", ("spec", "listeners", 0, "hostname"), "not a name"),
        ("HTTPRoute", "case", ("spec", "rules", 0, "timeouts", "request"), "a while"),
        ("ExternalSecret", "case-api", ("spec", "target", "creationPolicy"), "Perhaps"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_value_that_an_operator_would_refuse_is_found(kind, name, path, wrong):
    resource = copy.deepcopy(of_kind("production", kind)[name])
    *before, last = path
    place = resource
    for step in before:
        place = place[step]
    place[last] = wrong
    with pytest.raises(jsonschema.ValidationError):
        check_custom(resource)


def test_a_resource_of_another_version_than_the_definition_is_found():
    old = {**of_kind("production", "KafkaUser")["case-service"], "apiVersion": "kafka.strimzi.io/v1beta2"}
    with pytest.raises(jsonschema.ValidationError, match="v1beta2"):
        check_custom(old)
