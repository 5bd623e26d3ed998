"""What the API description says beyond its routes: conventions, codes of refusal, required headers."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError, document_of

from case_service.api import sparse
from case_service.api.refusals import ANSWERS

_INTRODUCTION: Final = """\
Preventive cases («forebyggende saker»): concerns, the lifecycle of a case, what is done in it, and who may see it.

* Every change of something that is there needs `If-Match` with the last ETag (428 without, 412 when stale).
* Every POST needs an `Idempotency-Key`; the same key with the same body repeats the answer for 24 hours.
* What a caller may not see is 404. What is refused comes as a problem document (RFC 9457) with a stable `code`.
* Free text is kept in this service alone: events, logs and problem documents carry codes and ids.

| code | status | what it means |
| --- | --- | --- |
"""
_EVERYWHERE: Final = (
    ("invalid-token", 401, "Invalid token", "Get a new access token from the issuer."),
    ("forbidden", 403, "Your role may not do this", "Ask the prevention lead of your unit who may."),
    ("unit-holds-no-cases", 403, "Your unit holds no cases", "Only districts and special bodies have cases."),
    (
        "not-found",
        404,
        "Not found",
        "Check the address; it may also be that you may not see it.",
    ),
    (
        "idempotency-key-required",
        400,
        "An Idempotency-Key is required",
        "Send a new random Idempotency-Key (a UUID, at most 200 characters) with each POST.",
    ),
    (
        "idempotency-key-in-use",
        409,
        "The first request with this key still runs",
        "Wait a moment and send the same request again.",
    ),
    (
        "idempotency-key-reused",
        422,
        "The key was used with another body",
        "Use a new Idempotency-Key for a new request.",
    ),
    (
        "if-match-required",
        428,
        "If-Match is required",
        "Read the resource first and send its ETag in If-Match, so that nobody's change is lost.",
    ),
    (
        "stale-version",
        412,
        "The resource has changed",
        "Somebody changed it since you read it. Read it again, look at what changed, and repeat your change.",
    ),
    ("invalid-json", 400, "The body is not acceptable JSON", "It is not JSON. Correct it and send it again."),
    ("invalid-request", 422, "The request is not valid", "Correct the places named."),
    (
        "invalid-cursor",
        400,
        "The cursor is not valid",
        "Take the cursor from the list's last answer, or leave it out.",
    ),
    ("body-too-large", 413, "The body is too large", "Send at most 1048576 bytes."),
    (
        "digest-required",
        400,
        "A digest of the content is required",
        "Send Repr-Digest: sha-256=:…: with the SHA-256 of the content in base64 (RFC 9530).",
    ),
    (
        "import-refused",
        422,
        "The rows can't be imported",
        "Correct the rows that `errors` names, and send the whole again: nothing was changed.",
    ),
    ("body-incomplete", 400, "The content broke off", "Send it again, whole."),
    (
        "attachment-store-unavailable",
        503,
        "The store of attachments does not answer",
        "Nothing was kept or sent. Try again in a while; tell operations if it goes on.",
    ),
    (
        "scanner-unavailable",
        503,
        "The virus scanner does not answer",
        "Nothing was kept. Send it again in a while; tell operations if it goes on.",
    ),
    (
        "temporarily-unavailable",
        503,
        "Temporarily unavailable",
        "Send the same request again in a moment, a POST with the same Idempotency-Key.",
    ),
    (
        "audit-unavailable",
        503,
        "It can't be recorded who asks",
        "Send the same request again in a moment, a POST with the same Idempotency-Key; nothing was done or shown.",
    ),
)
TAGS: Final = (
    ("concerns", "Reports that something may happen, before there is a case."),
    ("cases", "Opening, finding and reading cases."),
    ("searches", "Searches that people keep, and that a lead shares."),
    ("work", "Assessment, plan, approval, evaluation."),
    ("measures", "What is done to reduce the risk."),
    ("follow-ups", "Looking after what was done."),
    ("information", "What is known, as fact or assessment, and until when it is to be clarified."),
    ("tasks", "Who is to do what, until when; made and ended by the changes of the case."),
    ("attachments", "Files on a case: what is taken, kept sealed, and sent again."),
    ("partners", "Those outside the police who take part."),
    ("course", "Holding, closing, referring, rejecting, reopening."),
    ("links", "How cases have to do with each other."),
    ("duplicates", "What looks like one, and merging cases that are."),
    ("protection", "Restricting and erasing."),
    ("disclosures", "What is given of a case to somebody outside, and by whose approval."),
    ("access", "Who may see a case: members, levels, emergency access, substitutes."),
    ("exchange", "Taking cases over from other systems, and handing lists of them out."),
    ("transfers", "Moving a case to another unit."),
    ("methods", "How methods and codes are proposed, heard, approved, published and retired."),
    ("best-practices", "Examples of best practice that every unit may read."),
    ("best-practice-drafts", "How an example is drawn from an evaluated case, reviewed and published."),
    ("changes", "The feed of changes with tombstones."),
    ("recount", "What is counted of cases, in codes, for the service that holds figures against it."),
    ("audit", "Who did and saw what."),
    ("reorganisations", "How units and the districts of municipalities change, from which day."),
    ("operational-units", "How a district is divided: units that its lead adds, renames and ends."),
    ("reference", "Codes, units, municipalities, methods."),
)
_REFUSED: Final = "Refused"
_REQUIRED_HEADERS: Final = frozenset({"If-Match", "Idempotency-Key", "content-disposition", "repr-digest"})


def operation_id(route: APIRoute) -> str:
    """Return a name for an operation that reads well in generated clients."""
    return f"{route.tags[0]}_{route.name}".replace("-", "_").rstrip("_")


def describe(app: FastAPI) -> None:
    """Let the application's description say what its routes don't."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        document["info"]["description"] = _INTRODUCTION + "\n".join(_rows())
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        for operation in _operations(document):
            _require_headers(operation)
            _name_etag(operation)
            _show_problems(operation)
        _show_answers(document)
        sparse.describe(document)
        document["components"]["responses"] = {_REFUSED: _refused()}
        return document

    app.openapi = described  # type: ignore[method-assign]


def _rows() -> Iterator[str]:
    for code, status, title, _ in _refusals():
        yield f"| `{code}` | {status} | {title} |"


def _refusals() -> Iterator[tuple[str, int, str, str]]:
    yield from _EVERYWHERE
    for code, (status, title, advice) in ANSWERS.items():
        yield code.value, status, title, advice


def _refused() -> dict[str, Any]:
    """Return the answer of whatever is refused, with a document of each code."""
    documents = {
        code: {"summary": title, "value": document_of(ProblemError(status, code, title, advice))}
        for code, status, title, advice in _refusals()
        if status < HTTPStatus.INTERNAL_SERVER_ERROR
    }
    [answer] = PROBLEM_RESPONSES.values()
    [(media, content)] = answer["content"].items()
    return {**answer, "content": {media: {**content, "examples": documents}}}


def _show_problems(operation: dict[str, Any]) -> None:
    for status in PROBLEM_RESPONSES.keys() & operation["responses"].keys():
        operation["responses"][status] = {"$ref": f"#/components/responses/{_REFUSED}"}


def _show_answers(document: dict[str, Any]) -> None:
    """Show with each operation what it once answered; a test holds it to what it answers now."""
    kept = json.loads(files("case_service.api").joinpath("answers.json").read_text("utf-8"))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json")
                example = kept.get(f"{method.upper()} {path}")
                if content is not None and status.startswith("2") and example is not None:
                    content["example"] = example


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _require_headers(operation: dict[str, Any]) -> None:
    # A missing one has a problem document of its own, so that the routes take it as optional.
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in _REQUIRED_HEADERS:
            parameter["required"] = True
            parameter["schema"] = {"type": "string"}


def _name_etag(operation: dict[str, Any]) -> None:
    changes = any(parameter["name"] in _REQUIRED_HEADERS for parameter in operation.get("parameters", ()))
    for status in ("200", "201"):
        if changes and status in operation["responses"]:
            operation["responses"][status]["headers"] = {
                "ETag": {"schema": {"type": "string"}, "description": "What the next change takes in If-Match."}
            }
