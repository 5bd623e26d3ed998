"""Who reaches whom: every pair of pods is asked about, and just those that need each other get through.

The policies are judged as Kubernetes does: a pod that a policy of a direction selects is let do what the policies of that
direction name together, and a connection needs the one end's leave to go and the other's to come.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from .manifests import OVERLAYS, SERVICES, WHOLE, Resource, by_name, needs_kubectl, of_kind, rendered, rendered_with

pytestmark = needs_kubectl
PORTS = (25, 53, 80, 443, 465, 587, 2525, 4318, 5432, 6443, 8000, 8080, 8443, 9000, 9090, 9091, 9092, 9093, 9187, 9404)
"""What anything here listens on, and what nothing does."""


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod of ours, one of another namespace, or an address outside of the cluster."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    namespace: str | None = None
    ports: dict[str, int] = field(default_factory=dict)
    address: str | None = None

    @property
    def ours(self) -> bool:
        return self.namespace is None and self.address is None


def pod_of(each: Resource) -> End:
    template = each["spec"]["template"]
    ports = {p["name"]: p["containerPort"] for c in template["spec"]["containers"] for p in c.get("ports", [])}
    return End(each["metadata"]["name"], template["metadata"]["labels"], ports=ports)


KAFKA = {"strimzi.io/cluster": "forkant", "strimzi.io/kind": "Kafka"}
"""As Strimzi labels what it makes of the resource `forkant`; the other operators' pods are as they label them."""
SERVERS = (
    End("broker", {**KAFKA, "strimzi.io/name": "forkant-kafka", "strimzi.io/pool-name": "broker"}),
    End("controller", {**KAFKA, "strimzi.io/name": "forkant-kafka", "strimzi.io/pool-name": "controller"}),
    End("entity-operator", {**KAFKA, "strimzi.io/name": "forkant-entity-operator"}),
    *(End(f"{s}-postgres", {"cnpg.io/cluster": f"{s}-postgres", "cnpg.io/podRole": "instance"}) for s in SERVICES),
)
OTHERS = (
    End("proxy", {"app": "proxy"}, "gateway"),
    End("prometheus", {"app": "prometheus"}, "monitoring"),
    End("names", {"k8s-app": "kube-dns"}, "kube-system"),
    End("strimzi", {"strimzi.io/kind": "cluster-operator"}, "strimzi"),
    End("cloudnative-pg", {"app.kubernetes.io/name": "cloudnative-pg"}, "cnpg-system"),
    End("somebody", {"app.kubernetes.io/part-of": "forkant", "app.kubernetes.io/component": "worker"}, "elsewhere"),
    End("public", address="203.0.113.7"),
    End("public-6", address="2001:db8::7"),
    End("private", address="10.1.2.3"),
    End("metadata", address="169.254.169.254"),
)
WORKERS = tuple(f"{service}-worker" for service in SERVICES)
APIS = tuple(f"{service}-api" for service in SERVICES)
MIGRATIONS = tuple(f"{service}-migrate" for service in SERVICES)
OUTSIDE = ("public", "public-6", "private", "metadata")


def chosen(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for each in selector.get("matchExpressions", []):
        value = labels.get(each["key"])
        if not {"In": value in each.get("values", []), "Exists": value is not None}[each["operator"]]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def peer_is(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        # Pods are told by their labels; which address they have is the network's affair.
        if end.address is None:
            return False
        address = ipaddress.ip_address(end.address)
        blocks = [peer["ipBlock"]["cidr"], *peer["ipBlock"].get("except", [])]
        within, *without = (address in ipaddress.ip_network(block) for block in blocks)
        return within and not any(without)
    if end.address is not None:
        return False
    if "namespaceSelector" in peer:
        if not chosen(peer["namespaceSelector"], {"kubernetes.io/metadata.name": end.namespace or "ours"}):
            return False
    elif not end.ours:
        return False
    return chosen(peer.get("podSelector", {}), end.labels)


def lets(policies: list[Resource], direction: str, of: End, other: End, *, port: int, listener: End) -> bool:
    """Tell whether the policies of one end let a TCP connection to the listener's port go or come."""
    if not of.ours:
        return True
    mine = [
        each["spec"]
        for each in policies
        if direction in each["spec"]["policyTypes"] and chosen(each["spec"]["podSelector"], of.labels)
    ]
    side = "from" if direction == "Ingress" else "to"
    for spec in mine:
        for rule in spec.get(direction.lower(), []):
            ports = {listener.ports.get(str(p["port"]), p["port"]) for p in rule["ports"] if p["protocol"] == "TCP"}
            if port in ports and (side not in rule or any(peer_is(peer, other) for peer in rule[side])):
                return True
    return not mine


def pairs(resources: list[Resource] | tuple[Resource, ...]) -> Iterator[tuple[str, str, int]]:
    """Yield who reaches whom at which port."""
    policies = list(by_name(resources, "NetworkPolicy").values())
    ends = [pod_of(each) for each in by_name(resources, "Deployment", "Job").values()]
    ends += [*SERVERS, *OTHERS]
    for one in ends:
        for other in ends:
            for port in PORTS:
                if (
                    one.ours | other.ours
                    and lets(policies, "Egress", one, other, port=port, listener=other)
                    and lets(policies, "Ingress", other, one, port=port, listener=other)
                ):
                    yield one.name, other.name, port


def needed() -> set[tuple[str, str, int]]:
    """Return what must get through where the overlay brings its servers."""
    found = {(one, "names", 53) for one in (*WORKERS, *APIS, *MIGRATIONS, *(server.name for server in SERVERS))}
    found |= {("proxy", api, 8000) for api in APIS}
    found |= {("prometheus", each, 9000) for each in (*APIS, *WORKERS)}
    found |= {(each, "prometheus", 4318) for each in (*APIS, *WORKERS)}
    found |= {(worker, node, 9093) for worker in WORKERS for node in ("broker", "controller")}
    for service in SERVICES:
        database = f"{service}-postgres"
        found |= {(f"{service}-{part}", database, 5432) for part in ("api", "worker", "migrate")}
        found |= {(one, database, port) for one in (database, "cloudnative-pg") for port in (5432, 8000)}
        found.add(("prometheus", database, 9187))
        # The cluster's API and the object store, which may stand anywhere.
        found |= {(database, place, port) for place in OUTSIDE for port in (443, 6443)}
    nodes = ("broker", "controller")
    found |= {(one, other, port) for one in nodes for other in nodes for port in (9090, 9091)}
    found |= {("entity-operator", node, 9091) for node in nodes}
    found |= {("strimzi", node, port) for node in nodes for port in (9090, 9091, 8443)}
    found |= {("prometheus", node, 9404) for node in nodes}
    found |= {(each, place, port) for each in (*nodes, "entity-operator") for place in OUTSIDE for port in (443, 6443)}
    # Issuer, case service and object store; webhooks have public addresses alone, and letters their relay.
    found |= {(each, place, 443) for each in (*APIS, "indicator-worker") for place in OUTSIDE}
    found |= {("notification-worker", place, 443) for place in ("public", "public-6")}
    return found | {("notification-worker", place, port) for place in OUTSIDE for port in (465, 587)}


def reaching_other_namespaces(found: set[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Return what goes to another namespace at a port that is open to any place, since a rule names no place."""
    elsewhere = {end.name for end in OTHERS if end.namespace}
    return {each for each in found if each[1] in elsewhere and each[2] in {443, 465, 587, 6443}}


@pytest.mark.parametrize("overlay", WHOLE)
def test_every_pair_that_needs_each_other_gets_through_and_no_other(overlay):
    found = set(pairs(rendered(overlay)))
    anywhere = reaching_other_namespaces(found)
    assert found - anywhere == needed()
    # Who may go anywhere at a port may go to another namespace at that port too: the identity provider may stand there.
    assert {(one, port) for one, _, port in anywhere} <= {
        (one, port) for one, place, port in needed() if place == "private"
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_but_monitoring_and_the_gateway_gets_to_our_processes(overlay):
    ours = {*APIS, *WORKERS, *MIGRATIONS}
    comers = {(one, port) for one, other, port in pairs(rendered(overlay)) if other in ours}
    assert comers == {("proxy", 8000), ("prometheus", 9000)}


@pytest.mark.parametrize("overlay", WHOLE)
def test_a_service_may_not_even_go_towards_another_s_database(overlay):
    policies = list(of_kind(overlay, "NetworkPolicy").values())
    databases = [server for server in SERVERS if server.name.endswith("postgres")]
    for pod in map(pod_of, of_kind(overlay, "Deployment", "Job").values()):
        towards = {each.name for each in databases if lets(policies, "Egress", pod, each, port=5432, listener=each)}
        assert towards == {f"{pod.name.partition('-')[0]}-postgres"}


def test_where_the_servers_are_brought_by_others_our_processes_may_go_to_them():
    policies = list(of_kind("dev", "NetworkPolicy").values())
    reached = {
        (pod.name, server.name, port)
        for pod in map(pod_of, of_kind("dev", "Deployment", "Job").values())
        for server in SERVERS
        for port in (5432, 8000, 9091, 9093)
        if lets(policies, "Egress", pod, server, port=port, listener=server)
    }
    databases = [server.name for server in SERVERS if server.name.endswith("postgres")]
    assert reached == {(each, node, 9093) for each in WORKERS for node in ("broker", "controller")} | {
        (each, database, 5432) for each in (*APIS, *WORKERS, *MIGRATIONS) for database in databases
    }


def test_returned_mail_opens_one_door_more(tmp_path):
    more = set(pairs(rendered_with(tmp_path, "production", "returned-mail"))) - set(pairs(rendered("production")))
    assert more == set()
    post = End("relay", {"app": "postfix"}, "mail")
    resources = rendered_with(tmp_path, "production", "returned-mail")
    policies = list(by_name(resources, "NetworkPolicy").values())
    reached = {
        (pod.name, port)
        for pod in map(pod_of, by_name(resources, "Deployment").values())
        for port in PORTS
        if lets(policies, "Ingress", pod, post, port=port, listener=pod)
    }
    assert reached == {("notification-worker", 2525)}
