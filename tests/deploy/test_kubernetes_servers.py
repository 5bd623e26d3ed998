"""The Kafka cluster, the databases and the scaling fit what our processes ask of them."""

import re
from typing import Any

import pytest
from case_service.settings import CaseSettings, CaseWorkerSettings
from forkant_contracts import TOPICS
from forkant_contracts.kubernetes import CLUSTER
from indicator_service.settings import IndicatorSettings, IndicatorWorkerSettings
from notification_service.settings import NotificationSettings, NotificationWorkerSettings

from .manifests import SERVICES, WHOLE, needs_kubectl, of_kind
from .metric_names import faults, known

pytestmark = [needs_kubectl, pytest.mark.parametrize("overlay", WHOLE)]
POOLS = {
    "case": (CaseSettings, CaseWorkerSettings),
    "indicator": (IndicatorSettings, IndicatorWorkerSettings),
    "notification": (NotificationSettings, NotificationWorkerSettings),
}
OF_A_WORKER_BESIDES = 8
"""Connections beside its pool that one process holds at the most: leases, notifications, sealing, and some to spare."""


def settings_of(overlay: str, service: str) -> dict[str, str]:
    (found,) = [
        each["data"] for name, each in of_kind(overlay, "ConfigMap").items() if name.startswith(f"{service}-settings-")
    ]
    return dict(found)


def test_the_cluster_is_the_one_that_topics_users_and_workers_name(overlay):
    (name, kafka), *others = of_kind(overlay, "Kafka").items()
    assert (name, others) == (CLUSTER, [])
    (listener,) = kafka["spec"]["kafka"]["listeners"]
    for service in SERVICES:
        assert settings_of(overlay, service)["FORKANT_KAFKA_BOOTSTRAP"] == f"{name}-kafka-bootstrap:{listener['port']}"
    assert (listener["tls"], listener["authentication"], listener["type"]) == (True, {"type": "tls"}, "internal")
    # Rights that a topic's users are given count only where those that nobody has are refused.
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}
    assert {"topicOperator", "userOperator"} <= kafka["spec"]["entityOperator"].keys()
    for pool in of_kind(overlay, "KafkaNodePool").values():
        assert pool["metadata"]["labels"] == {"strimzi.io/cluster": CLUSTER}


def test_a_node_may_go_and_no_acknowledged_event_with_it(overlay):
    pools = of_kind(overlay, "KafkaNodePool").values()
    nodes = {role: sum(p["spec"]["replicas"] for p in pools if role in p["spec"]["roles"]) for role in ("controller", "broker")}  # fmt: skip
    assert nodes["controller"] >= 3
    assert nodes["controller"] % 2 == 1
    (kafka,) = of_kind(overlay, "Kafka").values()
    config = kafka["spec"]["kafka"]["config"]
    assert config["auto.create.topics.enable"] is False
    assert config["unclean.leader.election.enable"] is False
    for topic in TOPICS.values():
        assert topic.min_insync_replicas < topic.replicas <= nodes["broker"]
    for kind in ("offsets.topic", "transaction.state.log", "default"):
        assert config[f"{kind}.replication.factor"] == 3
    assert kafka["spec"]["kafka"]["template"]["podDisruptionBudget"] == {"maxUnavailable": 1}
    spread = kafka["spec"]["kafka"]["template"]["pod"]["topologySpreadConstraints"]
    assert {each["topologyKey"] for each in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    assert all(volume["deleteClaim"] is False for p in pools for volume in p["spec"]["storage"]["volumes"])


def test_pods_of_the_kafka_cluster_may_run_in_a_restricted_namespace(overlay):
    (kafka,) = of_kind(overlay, "Kafka").values()
    of_nodes, of_operator = (kafka["spec"][part]["template"] for part in ("kafka", "entityOperator"))
    for template in (of_nodes, of_operator):
        assert template["pod"]["securityContext"]["runAsNonRoot"] is True
    for container in (
        of_nodes["kafkaContainer"], of_nodes["initContainer"],
        of_operator["topicOperatorContainer"], of_operator["userOperatorContainer"],
    ):  # fmt: skip
        security = container["securityContext"]
        assert (security["allowPrivilegeEscalation"], security["capabilities"]) == (False, {"drop": ["ALL"]})
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}


def test_strimzis_own_policy_lets_in_whom_ours_lets_in(overlay):
    (kafka,) = of_kind(overlay, "Kafka").values()
    (listener,) = kafka["spec"]["kafka"]["listeners"]
    ours = [
        rule["from"]
        for rule in of_kind(overlay, "NetworkPolicy")["kafka"]["spec"]["ingress"]
        if {"protocol": "TCP", "port": listener["port"]} in rule["ports"]
    ]
    assert ours == [listener["networkPolicyPeers"]]


@pytest.mark.parametrize("service", SERVICES)
def test_a_database_has_the_roles_that_migrations_grant_to(overlay, service):
    cluster = of_kind(overlay, "Cluster")[f"{service}-postgres"]["spec"]
    initdb = cluster["bootstrap"]["initdb"]
    stem, _, owner = initdb["owner"].rpartition("_")
    assert (stem, owner) == (initdb["database"], "owner")
    roles = {role["name"]: role for role in cluster["managed"]["roles"]}
    assert roles.keys() == {f"{stem}_app", f"{stem}_worker"}
    assert roles[f"{stem}_worker"]["inRoles"] == [f"{stem}_app"]
    assert all(role["login"] for role in roles.values())
    # Both are there before the first migration can connect, whenever the operator gives them their log-in.
    assert {f"CREATE ROLE {name}" for name in roles} <= set(initdb["postInitSQL"])
    assert cluster["enableSuperuserAccess"] is False
    assert cluster["postgresql"]["synchronous"]["dataDurability"] == "required"
    assert cluster["instances"] >= 3
    assert cluster["postgresql"]["pg_hba"][-1] == "hostnossl all all all reject"


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_database_names_is_there_and_of_its_service_alone(overlay, service):
    name = f"{service}-postgres"
    spec = of_kind(overlay, "Cluster")[name]["spec"]
    secrets = of_kind(overlay, "ExternalSecret")
    given = {spec["bootstrap"]["initdb"]["owner"]: spec["bootstrap"]["initdb"]["secret"]["name"]}
    given |= {role["name"]: role["passwordSecret"]["name"] for role in spec["managed"]["roles"]}
    for role, secret in given.items():
        template = secrets[secret]["spec"]["target"]["template"]
        assert (template["type"], template["data"]["username"]) == ("kubernetes.io/basic-auth", role)
        assert secret.startswith(f"{service}-")
    assert spec["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == {"cnpg.io/cluster": name}
    (plugin,) = spec["plugins"]
    store = of_kind(overlay, "ObjectStore")[plugin["parameters"]["barmanObjectName"]]["spec"]["configuration"]
    assert plugin["isWALArchiver"] is True
    for key in store["s3Credentials"].values():
        assert key["key"] in secrets[key["name"]]["spec"]["target"]["template"]["data"]
        assert key["name"].startswith(f"{service}-")
    (backup,) = [
        each["spec"] for each in of_kind(overlay, "ScheduledBackup").values() if each["spec"]["cluster"]["name"] == name
    ]
    assert backup["pluginConfiguration"]["name"] == plugin["name"]
    assert len(backup["schedule"].split()) == 6


def test_no_two_databases_keep_their_backups_in_one_place(overlay):
    places = [each["spec"]["configuration"]["destinationPath"] for each in of_kind(overlay, "ObjectStore").values()]
    assert len(set(places)) == len(SERVICES)
    assert all(each["spec"]["configuration"]["endpointURL"].startswith("https://") for each in of_kind(overlay, "ObjectStore").values())  # fmt: skip


def test_a_process_believes_the_authority_of_its_own_database_alone(overlay):
    for name, each in of_kind(overlay, "Deployment", "Job").items():
        (authority,) = [
            volume["secret"]["secretName"]
            for volume in each["spec"]["template"]["spec"]["volumes"]
            if volume["name"] == "postgres-ca"
        ]
        # CloudNativePG names it so.
        assert authority == f"{name.partition('-')[0]}-postgres-ca"


@pytest.mark.parametrize("service", SERVICES)
def test_a_database_has_connections_for_as_many_processes_as_may_run(overlay, service):
    api, worker = (of_kind(overlay, "Deployment")[f"{service}-{part}"] for part in ("api", "worker"))
    most = {
        "api": of_kind(overlay, "HorizontalPodAutoscaler")[f"{service}-api"]["spec"]["maxReplicas"],
        "worker": of_kind(overlay, "ScaledObject")[f"{service}-worker"]["spec"]["maxReplicaCount"],
    }
    surge = {part: each["spec"]["strategy"]["rollingUpdate"]["maxSurge"] for part, each in (("api", api), ("worker", worker))}  # fmt: skip
    pool = {
        part: settings.model_fields["database_pool_size"].default + OF_A_WORKER_BESIDES
        for part, settings in zip(("api", "worker"), POOLS[service], strict=True)
    }
    asked = sum((most[part] + surge[part]) * pool[part] for part in most)
    there = int(
        of_kind(overlay, "Cluster")[f"{service}-postgres"]["spec"]["postgresql"]["parameters"]["max_connections"]
    )
    assert asked <= there


def queries(overlay: str, service: str) -> list[dict[str, Any]]:
    return list(of_kind(overlay, "ScaledObject")[f"{service}-worker"]["spec"]["triggers"])


@pytest.mark.parametrize("service", SERVICES)
def test_workers_scale_by_what_they_show(overlay, service):
    for trigger in queries(overlay, service):
        query = trigger["metadata"]["query"]
        assert faults(query, known()) == []
        assert re.search(r'job="forkant", service="([a-z-]+)"', query)[1] == f"{service}-service"
        # What is not known is no reason to change anything, and least of all to end workers.
        assert (trigger["metricType"], trigger["metadata"]["ignoreNullValues"]) == ("Value", "false")


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_is_scaled_by_one_hand_and_never_beyond_what_there_is_to_share(overlay, service):
    scaler = of_kind(overlay, "ScaledObject")[f"{service}-worker"]["spec"]
    assert scaler["scaleTargetRef"] == {"name": f"{service}-worker"}
    assert "replicas" not in of_kind(overlay, "Deployment")[f"{service}-worker"]["spec"]
    targets = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind(overlay, "HorizontalPodAutoscaler").values()}
    assert f"{service}-worker" not in targets
    name = f"{service}-service"
    partitions = max(topic.partitions for topic in TOPICS.values() if name in (topic.producer, *topic.consumers))
    assert 2 <= scaler["minReplicaCount"] < scaler["maxReplicaCount"] <= partitions
