"""The AsyncAPI document is valid by the official schema, complete, and true to the messages that are sent."""

import copy
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from forkant_contracts import EVENT_TYPES, TOPICS, asyncapi
from forkant_contracts.events.case import CaseOpened
from forkant_contracts.release import FOLDER
from forkant_contracts.schemas import version_name
from forkant_contracts.topics import SUBSCRIBERS
from jsonschema import Draft7Validator, FormatChecker

OFFICIAL = Path(__file__).parent / "vendor" / "asyncapi"
DOCUMENT = asyncapi.document(version="1.2.3")
GOLDEN = sorted((FOLDER / "golden").glob("*.json"))


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads((OFFICIAL / "3.0.0.json").read_text()))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def validator(node: dict[str, Any]) -> Draft7Validator:
    """Validate messages by a schema in the document, whose references lead into the document."""
    return Draft7Validator({**node, "components": DOCUMENT["components"]}, format_checker=FormatChecker())


def test_the_official_schema_is_as_it_came():
    digest = sha256((OFFICIAL / "3.0.0.json").read_bytes()).hexdigest()
    assert digest in (OFFICIAL / "README.md").read_text()


def test_the_document_is_valid_asyncapi(official):
    assert [
        f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in official.iter_errors(DOCUMENT)
    ] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.update(asyncapi="2.6.0"),
        lambda document: document["info"].pop("version"),
        lambda document: next(iter(document["operations"].values())).update(action="publish"),
        lambda document: next(iter(document["channels"].values()))["bindings"]["kafka"].update(partitions=0),
        lambda document: next(iter(document["components"]["messages"].values())).update(colour="blue"),
    ],
)
def test_an_invalid_document_is_noticed(official, spoil):
    document = copy.deepcopy(DOCUMENT)
    spoil(document)
    assert not official.is_valid(document)


def test_every_reference_leads_to_something():
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        resolved(reference)


def test_nothing_stands_beside_a_reference():
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            assert "$ref" not in node or len(node) == 1, node
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(DOCUMENT)


def test_every_topic_and_event_is_described():
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == set(TOPICS)
    assert {message["name"] for message in DOCUMENT["components"]["messages"].values()} == set(EVENT_TYPES)
    for topic in TOPICS.values():
        channel = DOCUMENT["channels"][topic.name]
        assert set(channel["messages"]) == {
            version_name(model) for model in EVENT_TYPES.values() if topic.name == model.TOPIC
        }
        assert channel["bindings"]["kafka"]["partitions"] == topic.partitions
        actions = {
            (operation["tags"][0]["name"], operation["action"])
            for operation in DOCUMENT["operations"].values()
            if operation["channel"]["$ref"] == f"#/channels/{topic.name}"
        }
        readers = {*topic.consumers, *(each.client for each in SUBSCRIBERS.values() if topic.name in each.topics)}
        assert actions == {(topic.producer, "send"), *((reader, "receive") for reader in readers)}


def test_no_machine_is_named():
    assert DOCUMENT["servers"]["kafka"]["host"] == "{bootstrap}"
    assert "localhost" not in json.dumps(DOCUMENT)
    assert "127.0.0.1" not in json.dumps(DOCUMENT)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_the_described_schemas_take_the_messages_that_are_sent(file: Path):
    message = DOCUMENT["components"]["messages"].get(file.stem)
    if message is None:
        pytest.skip("an older version, described by its own release")
    golden = json.loads(file.read_text())
    binary = [each for each in golden["messages"] if "ce_id" in each["headers"]]
    assert binary
    for each in binary:
        validator(message["headers"]).validate(each["headers"])
        validator(message["payload"]).validate(json.loads(each["value"]))
        Draft7Validator(message["bindings"]["kafka"]["key"]).validate(each["key"])


def test_the_described_schemas_refuse_another_message():
    message = DOCUMENT["components"]["messages"][version_name(CaseOpened)]
    assert not validator(message["payload"]).is_valid({"case_type": "person"})
    assert not validator(message["headers"]).is_valid({"ce_specversion": "1.0"})
