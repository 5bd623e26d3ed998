"""The pages that are made from code say all of what the code has."""

import ast
import json
import re
from pathlib import Path

import pytest
from forkant_devstack.cli import COMMANDS
from forkant_devstack.reference import (
    api_pages,
    asyncapi_page,
    commands_page,
    decisions_page,
    indicators_page,
    metrics_page,
    problems_page,
    roles_page,
)
from forkant_devstack.reference.json_types import kind, meaning
from forkant_devstack.reference.markdown import cell, slug, table
from forkant_kit.metrics import METRICS
from indicator_service.definitions import load_catalogue

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def apis() -> dict[str, str]:
    return api_pages.pages(ROOT)


@pytest.mark.parametrize("service", api_pages.SERVICES)
def test_every_operation_of_an_api_has_its_place_with_every_parameter_and_field(apis, service):
    document = json.loads((ROOT / f"services/{service}-service/openapi.json").read_text(encoding="utf-8"))
    overview = apis[f"reference/{service}-api/index.md"]
    for method, path, operation in api_pages.operations(document):
        assert f"`{method} {path}`" in overview
        page = apis[f"reference/{service}-api/{operation['tags'][0]}.md"]
        _, _, section = page.partition(f"## {method} {path}\n")
        section = section.partition("\n## ")[0]
        assert operation["summary"] in section
        assert all(f"`{each['name']}`" in section for each in operation.get("parameters", ()))
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(operation)):
            _, there, body = page.partition(f"\n### {name}\n")
            assert there, name
            fields = document["components"]["schemas"][name].get("properties", {})
            assert all(f"\n| `{field}`" in body.partition("\n### ")[0] for field in fields), name


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#/components/schemas/Level"}, "Level!"),
        ({"type": "string", "minLength": 1, "maxLength": 200}, "text, 1 to 200 characters"),
        ({"type": "string", "format": "uuid"}, "UUID"),
        ({"type": "string", "pattern": "^[0-9]{4}$"}, "text, `^[0-9]{4}$`"),
        ({"type": "integer", "minimum": 1}, "whole number, 1 or more"),
        ({"type": "number", "exclusiveMinimum": 0}, "number, above 0"),
        ({"enum": ["a", "b", None]}, "`a`, `b`"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "`true`, `false` or null"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3}, "list of text, at most 3 items"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of whole number"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_said_in_words(schema, said):
    assert kind(schema, "{}!".format) == said


def test_what_a_value_means_comes_with_its_default():
    assert meaning({"anyOf": [{"description": "Why."}, {"type": "null"}], "default": False}) == "Why. Default: `false`."


def test_every_indicator_and_count_is_told_in_both_languages():
    page, catalogue = indicators_page.document(), load_catalogue()
    for indicator in catalogue.indicators:
        for version in indicator.versions:
            assert cell(version.description.nb) in page
            assert cell(version.description.en) in page
    assert all(f"`{count.key}`" in page for count in catalogue.counts)


def test_every_metric_of_the_kit_is_told_with_its_meaning():
    page = metrics_page.document(ROOT)
    assert all(f"| `{name}` |" in page and cell(said) in page for name, said in METRICS.items())
    assert {each.owner for each in metrics_page.metrics(ROOT)} >= {"every service", "case service"}


@pytest.mark.parametrize("service", api_pages.SERVICES)
def test_every_code_that_a_service_raises_or_shows_is_told(service):
    page = problems_page.document(ROOT)
    shown = (ROOT / f"services/{service}-service/openapi.json").read_text(encoding="utf-8")
    codes = set(re.findall(r'"urn:forkant:problem:([a-z0-9-]+)"', shown))
    for path in (ROOT / f"services/{service}-service/src").glob("**/refusals.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name == "Code":
                codes |= {each.value.value for each in node.body if isinstance(each, ast.Assign)}
    assert {code for code in codes if f"| `{code}` |" not in page} == set()


@pytest.mark.parametrize("service", roles_page.POLICIES)
def test_every_action_is_told_with_its_roles_and_every_role_with_its_actions(service):
    page, policy = roles_page.document(), roles_page.POLICIES[service]
    section = page.partition(f"## {service.capitalize()} service\n")[2].partition("\n## ")[0]
    by_role = page.partition("## By role\n")[2]
    for action in policy.actions:
        (row,) = [line for line in section.splitlines() if line.startswith(f"| `{action}` |")]
        assert set(re.findall(r"`(\w+)`", row.partition("| `")[2].partition("|")[2])) == policy.roles_of(action)
        for role in policy.roles_of(action):
            (line,) = [line for line in by_role.splitlines() if line.startswith(f"| `{role}` |")]
            assert f"`{action}`" in line


def test_every_command_is_told_with_its_options():
    page = commands_page.document()
    assert all(f"\n## forkant {name}\n" in page for name in COMMANDS)
    assert "\n### forkant audit who-saw\n" in page
    assert "`--detach`, `-d`" in page


def test_every_channel_and_message_of_the_asyncapi_document_is_told():
    document = json.loads((ROOT / "libs/contracts/asyncapi.json").read_text(encoding="utf-8"))
    page = asyncapi_page.document(ROOT)
    for name, channel in document["channels"].items():
        assert f"\n## {name}\n" in page
        assert all(f"| `{message}` |" in page for message in channel["messages"])


def test_every_decision_is_listed():
    page = decisions_page.document(ROOT)
    assert all(f"]({path.name})" in page for path in (ROOT / "docs/adr").glob("[0-9]*.md"))


def test_a_cell_stays_in_its_table_and_an_anchor_is_the_one_of_the_site():
    assert cell("a | b\nc") == "a \\| b c"
    assert table(("x",), []) == ""
    assert slug("POST /v1/cases/{case_id}/plan/approval") == "post-v1casescase_idplanapproval"
