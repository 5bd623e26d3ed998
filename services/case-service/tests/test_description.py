"""The API description, its examples, and that every refusal has an answer."""

import inspect
import json
import pkgutil
from importlib import import_module

import pytest
from case_service import api
from case_service.api import refusals
from case_service.api.bodies import Body
from case_service.api.description import TAGS
from case_service.api.examples import EXAMPLES
from case_service.domain.refusals import Code, Refusal
from case_service.openapi import describe
from case_service.policy import RULES
from forkant_kit.web import require_policies

BODIES = [
    import_module(f"{api.__name__}.{module.name}")
    for module in pkgutil.iter_modules(api.__path__)
    if module.name.endswith("bodies")
]
MODELS = {
    name: model
    for module in BODIES
    for name, model in inspect.getmembers(module, inspect.isclass)
    if issubclass(model, Body)
}


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"Body", "CaseFacts", "CaseByItself"}))
def test_every_body_has_an_example_that_it_accepts(name):
    assert MODELS[name].model_validate(EXAMPLES[name])


def test_no_example_is_without_its_body():
    assert set(EXAMPLES) <= set(MODELS)


@pytest.mark.parametrize("code", Code)
def test_every_refusal_has_a_problem_document(code):
    problem = refusals.problem_of(Refusal(code, state="closed"))
    assert (problem.code, 400 <= problem.status < 500) == (code.value, True)


def test_every_operation_has_a_tag_a_summary_and_problem_documents():
    document = describe()
    tags = {name for name, _ in TAGS}
    names = []
    for path in document["paths"].values():
        for operation in path.values():
            assert set(operation["tags"]) <= tags
            assert operation["summary"]
            assert "4XX" in operation["responses"]
            names.append(operation["operationId"])
    assert len(names) == len(set(names))


def test_every_operation_that_answers_with_json_shows_an_answer():
    for path, operations in describe()["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json")
                assert content is None or not path.startswith("/v1/") or content["example"], (method, path, status)


def test_every_refusal_shows_its_document():
    [content] = describe()["components"]["responses"]["Refused"]["content"].values()
    shown = {code: example["value"] for code, example in content["examples"].items()}
    assert {code.value for code in Code} <= shown.keys()
    assert all(document["code"] == code and document["detail"] for code, document in shown.items())


WRONG = [
    ("not-found", "GET", "/v1/cases/00000000-0000-7000-8000-000000000000", {}, None),
    ("forbidden", "POST", "/v1/cases/00000000-0000-7000-8000-000000000000/plan/approval", {"If-Match": '"1"'}, "{}"),
    ("idempotency-key-required", "POST", "/v1/cases", {}, json.dumps(EXAMPLES["OpenCase"])),
    ("if-match-required", "PUT", "/v1/cases/00000000-0000-7000-8000-000000000000/plan", {}, "{}"),
    ("invalid-json", "POST", "/v1/cases", {}, "{"),
    ("invalid-cursor", "GET", "/v1/cases?cursor=made-up", {}, None),
    ("body-too-large", "POST", "/v1/cases", {}, " " * 1_048_577),
]


@pytest.mark.parametrize("wrong", WRONG, ids=[code for code, *_ in WRONG])
async def test_a_document_that_is_shown_is_the_one_that_comes(service, officer, wrong):
    code, method, path, headers, body = wrong
    sent = {**officer.headers, "Content-Type": "application/json", **headers}
    answer = await service.client.request(method, path, content=body, headers=sent)
    [content] = describe()["components"]["responses"]["Refused"]["content"].values()
    come = answer.json()
    assert {name: come[name] for name in content["examples"][code]["value"]} == content["examples"][code]["value"]


WITHOUT_ETAG = {
    "/v1/cases",
    "/v1/cases/{case_id}/links",
    "/v1/concerns",
    "/v1/imports",
    "/v1/cases/{case_id}/break-glass",
    "/v1/substitutions",
    "/v1/substitutions/{substitution_id}/end",
    "/v1/visibility",
    "/v1/visibility/person",
    "/v1/cases/search",
    "/v1/erasure-batches",
    "/v1/method-proposals",
    "/v1/method-proposals/{proposal_id}/comments",
    "/v1/methods/{method}/retirement",
    "/v1/catalogue/retirements",
    "/v1/best-practices",
    "/v1/reorganisations",
    "/v1/operational-units",
    "/v1/searches",
    "/v1/searches/erasures",
}
"""What is new, seen by nobody yet, or only ends; or changes nothing."""
QUESTIONS = {"/v1/visibility", "/v1/visibility/person", "/v1/cases/search"}
"""What is asked by POST since it is too long or too private for an address, and may be asked again without harm."""


def test_every_post_requires_a_key_and_every_change_below_a_case_an_etag():
    for path, operations in describe()["paths"].items():
        for method, operation in operations.items():
            required = {p["name"] for p in operation.get("parameters", ()) if p["required"] and p["in"] == "header"}
            assert ("Idempotency-Key" in required) == (method == "post" and path not in QUESTIONS)
            changes = method != "get" and path not in WITHOUT_ETAG
            assert ("If-Match" in required) == changes


async def test_every_route_declares_its_policy_and_every_policy_has_a_route(service):
    require_policies(service.app)
    assert service.app.state.policy.actions == set(RULES)
