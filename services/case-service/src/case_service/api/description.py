"""What the API description says beyond its routes: conventions, codes of refusal, required headers."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

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
    ("invalid-token", 401, "There is no valid access token"),
    ("forbidden", 403, "The role may not do this"),
    ("unit-holds-no-cases", 403, "The caller's unit holds no cases"),
    ("not-found", 404, "There is none, or the caller may not see it"),
    ("idempotency-key-required", 400, "The Idempotency-Key is missing"),
    ("idempotency-key-in-use", 409, "The first request with this key still runs"),
    ("idempotency-key-reused", 422, "The key came with another body before"),
    ("if-match-required", 428, "If-Match is missing"),
    ("stale-version", 412, "It has changed since the caller read it"),
    ("invalid-json", 400, "The body is not strict JSON"),
    ("invalid-request", 422, "A field is wrong, missing or unknown; `errors` says where"),
    ("invalid-cursor", 400, "The cursor was not made for this list"),
    ("body-too-large", 413, "The body is larger than 1 MiB, or a file than may be attached"),
    ("digest-required", 400, "A file came without the digest of its content"),
    ("body-incomplete", 400, "A file broke off"),
    ("scanner-unavailable", 503, "The virus scanner does not answer, so no file is taken"),
    ("temporarily-unavailable", 503, "Try again in a moment"),
    ("audit-unavailable", 503, "It can't be recorded who asks, so nothing was done or shown"),
)
TAGS: Final = (
    ("concerns", "Reports that something may happen, before there is a case."),
    ("cases", "Opening, finding and reading cases."),
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
    ("transfers", "Moving a case to another unit."),
    ("methods", "How methods and codes are proposed, heard, approved, published and retired."),
    ("best-practices", "Examples of best practice that every unit may read."),
    ("best-practice-drafts", "How an example is drawn from an evaluated case, reviewed and published."),
    ("changes", "The feed of changes with tombstones."),
    ("audit", "Who did and saw what."),
    ("reference", "Codes, units, municipalities, methods."),
)
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
        return document

    app.openapi = described  # type: ignore[method-assign]


def _rows() -> Iterator[str]:
    own = ((code.value, status, title) for code, (status, title, _) in ANSWERS.items())
    for code, status, title in (*_EVERYWHERE, *own):
        yield f"| `{code}` | {status} | {title} |"


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
