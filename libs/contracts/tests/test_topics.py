"""The topic registry, and what is made from it for Kafka, Kubernetes and the reference pages."""

import re
from typing import Any

import pytest
from forkant_contracts import EVENT_TYPES
from forkant_contracts.access import Rule, rules
from forkant_contracts.codec import MAX_BODY_BYTES
from forkant_contracts.kubernetes import artefacts, as_yaml, topic_resource, user_resource
from forkant_contracts.pages import events_page, topics_page
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC, SUBSCRIBERS, TOPICS, Subscriber
from hypothesis import given
from hypothesis import strategies as st

# Fields of the operator's resources (Strimzi's definitions of kafka.strimzi.io/v1) as far as they are used here.
RESOURCE = {"apiVersion", "kind", "metadata", "spec"}
OPERATIONS = {"Read", "Write", "Create", "Delete", "Alter", "Describe", "ClusterAction", "All"}
KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def wrong_in_topic(resource: dict[str, Any]) -> list[str]:
    spec = resource["spec"]
    return [
        *wrong_in_resource(resource, "KafkaTopic"),
        *(f"spec.{name}" for name in set(spec) - {"partitions", "replicas", "config", "topicName"}),
        *(
            f"spec.{name}"
            for name in ("partitions", "replicas")
            if not (type(spec.get(name)) is int and spec[name] > 0)
        ),
        *(f"config.{name}" for name, value in spec["config"].items() if not isinstance(value, str | int)),
    ]


def wrong_in_user(resource: dict[str, Any]) -> list[str]:
    spec = resource["spec"]
    found = [*wrong_in_resource(resource, "KafkaUser")]
    found += [f"spec.{name}" for name in set(spec) - {"authentication", "authorization", "quotas", "template"}]
    found += ["authentication"] if spec["authentication"] not in ({"type": "tls"}, {"type": "tls-external"}) else []
    found += ["authorization.type"] if spec["authorization"]["type"] != "simple" else []
    for number, acl in enumerate(spec["authorization"]["acls"]):
        target = acl["resource"]
        fine = (
            set(acl) <= {"type", "resource", "host", "operations"}
            and target["type"] in {"topic", "group", "cluster", "transactionalId"}
            and target.get("patternType", "literal") in {"literal", "prefix"}
            and acl["operations"]
            and set(acl["operations"]) <= OPERATIONS
        )
        found += [] if fine else [f"acls.{number}"]
    return found


def wrong_in_resource(resource: dict[str, Any], kind: str) -> list[str]:
    found = [] if resource["apiVersion"] == "kafka.strimzi.io/v1" and resource["kind"] == kind else ["kind"]
    found += [] if set(resource) == RESOURCE else ["fields"]
    found += [] if KUBERNETES_NAME.fullmatch(resource["metadata"]["name"]) else ["metadata.name"]
    return found + ([] if resource["metadata"]["labels"].get("strimzi.io/cluster") else ["cluster"])


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_a_topics_resource_is_one_that_the_operator_takes(name: str):
    assert wrong_in_topic(topic_resource(TOPICS[name])) == []


@pytest.mark.parametrize(("name", "allowed"), sorted(rules().items()))
def test_a_users_resource_is_one_that_the_operator_takes(name: str, allowed: tuple[Rule, ...]):
    assert wrong_in_user(user_resource(name, allowed)) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"replication": 3}, "spec.replication"),
        ({"partitions": 0}, "spec.partitions"),
        ({"replicas": "3"}, "spec.replicas"),
        ({"config": {"retention.ms": None}}, "config.retention.ms"),
    ],
)
def test_a_planted_fault_in_a_topics_resource_is_noticed(change: dict[str, Any], named: str):
    resource = topic_resource(TOPICS[CASE_TOPIC])
    assert wrong_in_topic({**resource, "spec": {**resource["spec"], **change}}) == [named]


def test_a_planted_operation_that_kafka_does_not_have_is_noticed():
    resource = user_resource("x", [Rule(resource="topic", name="t", operations=("Look",))])
    assert wrong_in_user(resource) == ["acls.0"]


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_a_topic_takes_the_largest_event_and_survives_the_loss_of_a_broker(name: str):
    topic = TOPICS[name]
    assert topic.max_message_bytes >= 4 * MAX_BODY_BYTES
    assert 1 < topic.min_insync_replicas < topic.replicas


def may(name: str, operation: str, resource: str, target: str) -> bool:
    return any(
        rule.resource == resource
        and operation in rule.operations
        and (target.startswith(rule.name) if rule.prefix else target == rule.name)
        for rule in rules()[name]
    )


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_topic_has_one_writer(topic: str):
    assert [name for name in rules() if may(name, "Write", "topic", topic)] == [TOPICS[topic].producer]


@pytest.mark.parametrize(
    ("name", "operation", "resource", "target", "allowed"),
    [
        ("case-service", "Write", "topic", CASE_TOPIC, True),
        ("case-service", "Write", "topic", "forkant.steering.v1", False),
        ("case-service", "Read", "topic", "forkant.steering.v1", True),
        ("case-service", "Read", "group", "case-service", True),
        ("case-service", "Read", "group", "indicator-service", False),
        ("notification-service", "Write", "topic", "forkant.steering.v1", False),
        ("case-service", "Read", "group", "case-service.watermark", True),
        ("indicator-service", "Describe", "group", "case-service.watermark", True),
        ("indicator-service", "Read", "group", "case-service.watermark", False),
        ("downstream-demo", "Describe", "group", "case-service.watermark", False),
        ("indicator-service", "Read", "topic", CASE_TOPIC, True),
        ("indicator-service", "Write", "topic", CASE_TOPIC, False),
        ("indicator-service", "Read", "group", "indicator-service", True),
        ("indicator-service", "Read", "group", "indicator-service.g2", True),
        ("indicator-service", "Read", "group", "notification-service", False),
        ("notification-service", "Read", "group", "indicator-service", False),
        ("notification-service", "Read", "group", "indicator-service.g2", False),
        ("downstream-demo", "Read", "topic", CONCERN_TOPIC, True),
        ("downstream-demo", "Write", "topic", CONCERN_TOPIC, False),
        ("downstream-demo", "Read", "group", "subscriber.downstream-demo.live", True),
        ("downstream-demo", "Read", "group", "subscriber.downstream-demo-2.live", False),
        ("downstream-demo", "Read", "group", "indicator-service", False),
    ],
)
def test_everybody_may_do_what_they_need_and_no_more(
    name: str, operation: str, resource: str, target: str, *, allowed: bool
):
    assert may(name, operation, resource, target) is allowed


@pytest.mark.parametrize("client", ["", "a.b", "Demo", "demo*", "9lives", "demo "])
def test_a_client_whose_groups_could_be_anothers_is_refused(client: str):
    with pytest.raises(ValueError, match="can't name a client"):
        Subscriber(client=client, topics=())


@pytest.mark.parametrize(
    ("subscriber", "reason"),
    [
        (Subscriber(client="case-service", topics=()), "is a service"),
        (Subscriber(client="other", topics=("forkant.typo.v1",)), r"forkant.typo.v1: not in the registry"),
    ],
)
def test_a_wrong_subscriber_is_refused(subscriber: Subscriber, reason: str):
    with pytest.raises(ValueError, match=reason):
        rules(subscribers={subscriber.client: subscriber})


# Beyond these planes JSON writes two escapes where YAML wants one; Kafka and Kubernetes have no such names.
TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=12)
SCALARS = st.one_of(
    TEXTS,
    st.sampled_from(["on", "no", "Yes", "null", "1", "1.0", "~", "a: b", "- a", "# a", "2026-01-01", "", " a", "0x1f"]),
    st.integers(),
)
NODES = st.recursive(SCALARS, lambda node: st.lists(node, max_size=3) | st.dictionaries(TEXTS, node, max_size=3))


@given(st.lists(st.dictionaries(TEXTS, NODES, min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_is_written_as_yaml_is_read_back_the_same(documents: list[dict[str, Any]]):
    yaml = pytest.importorskip("yaml", reason="no YAML library to read it back with")
    assert list(yaml.safe_load_all(as_yaml(documents))) == documents


def test_the_kubernetes_files_hold_every_topic_and_every_user():
    yaml = pytest.importorskip("yaml", reason="no YAML library to read it back with")
    found = {
        (each["kind"], each["metadata"]["name"]) for text in artefacts().values() for each in yaml.safe_load_all(text)
    }
    assert found == {("KafkaTopic", name) for name in TOPICS} | {("KafkaUser", name) for name in rules()}


def test_the_pages_name_every_topic_event_field_and_subscriber():
    topics, events = topics_page(), events_page()
    assert all(f"`{name}`" in topics for name in (*TOPICS, *SUBSCRIBERS))
    for name, model in EVENT_TYPES.items():
        section = events.split(f"Type `{name}`")[1].split("\n### ")[0]
        assert all(f"| `{field}` |" in section for field in model.model_fields)


def test_every_table_of_the_pages_has_rows_as_long_as_its_head():
    for line, after in zip((lines := (topics_page() + events_page()).splitlines()), lines[1:], strict=False):
        if line.startswith("|") and after.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", after)), after


def test_every_link_within_the_page_of_events_leads_to_a_heading():
    page = events_page()
    headings = {line.lstrip("# ").lower().replace(".", "") for line in page.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings
