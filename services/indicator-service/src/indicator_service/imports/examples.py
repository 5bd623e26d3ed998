"""What the API description shows of each operation on imports: an answer, and each problem that it may come to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from forkant_kit.problems import MEDIA_TYPE, PROBLEM_RESPONSES, ProblemError, document_of
from pydantic.config import JsonDict

from indicator_service.imports.checking import RowCode
from indicator_service.imports.problems import problem_of
from indicator_service.imports.refusals import Code, Refusal

IMPORT_ID: Final = "019cb000-0000-7000-8000-0000000000aa"
WITHDRAW: Final[JsonDict] = {"reason": "wrong_figures"}
CSV: Final = "unit,period,prevention_hours,total_hours\noslo,2026-03,41200,310500\ntroms,2026-03,9800,61000\n"
NDJSON: Final = '{"unit": "oslo", "period": "2026-03", "prevention_hours": 41200, "total_hours": 310500}\n'
_SHA: Final = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
_RECEIPT: Final = {"id": IMPORT_ID, "kind": "hours", "rows": 2, "superseded": 0, "sha256": _SHA, "dry_run": False}
_DOCUMENT: Final = {
    "id": IMPORT_ID,
    "version": 1,
    "kind": "hours",
    "source": "register",
    "source_date": "2026-04-01",
    "method": "register-count-v2",
    "sha256": _SHA,
    "rows": 2,
    "corrects": False,
    "unit": "pod",
    "imported_at": "2026-04-02T07:30:00Z",
    "imported_by": None,
    "withdrawn_at": None,
    "withdrawal_reason": None,
}
_FIGURES: Final = {"prevention_hours": 41200, "total_hours": 310500}
_ROWS: Final = {
    "id": IMPORT_ID,
    "kind": "hours",
    "rows": [{"unit": "oslo", "period": "2026-03", "figures": _FIGURES, "stands": True}],
}
_WRONG: Final = Refusal(
    Code.IMPORT_REFUSED,
    errors=[{"row": 2, "place": "/period", "code": RowCode.ALREADY_STANDS.value}],
    errors_total=1,
    rows=2,
    rows_wrong=1,
)
_OF_FILE: Final = (
    _WRONG,
    Refusal(Code.NOTHING_TO_IMPORT),
    Refusal(Code.TOO_MANY_ROWS, most="5000"),
    Refusal(Code.MEDIA_TYPE_NOT_ALLOWED, allowed=["application/x-ndjson", "text/csv"]),
    Refusal(Code.SOURCE_DATE_AHEAD),
    Refusal(Code.ALREADY_IMPORTED, import_id=IMPORT_ID),
    Refusal(Code.UPLOAD_TOO_SLOW),
)
_UNKNOWN: Final = Refusal(Code.UNKNOWN_IMPORT)
_SHOWN: Final[Mapping[str, tuple[Mapping[int, Any], tuple[Refusal, ...]]]] = MappingProxyType(
    {
        "import_figures": ({201: _RECEIPT, 200: {**_RECEIPT, "id": None, "dry_run": True}}, _OF_FILE),
        "list_imports": ({200: {"items": [_DOCUMENT], "next": None}}, ()),
        "read_import": ({200: _DOCUMENT}, (_UNKNOWN,)),
        "read_rows": ({200: _ROWS}, (_UNKNOWN,)),
        "read_figures": ({}, (Refusal(Code.HISTORY_NOT_SHOWN), Refusal(Code.PERIOD_NOT_SHOWN))),
        "read_series": ({}, ()),
        "read_cases_behind": ({}, (Refusal(Code.CASES_NOT_SHOWN),)),
        "read_changes": (
            {},
            (
                Refusal(Code.CASES_NOT_SHOWN),
                Refusal(Code.NOT_KEPT, kept_since="2026-03-01T00:00:00+00:00"),
                Refusal(Code.TOO_MANY_CHANGES, most=1000),
                Refusal(Code.NO_TIME_BETWEEN),
            ),
        ),
        "read_breakdown": ({}, (Refusal(Code.PERIOD_NOT_SHOWN),)),
        "export_series": ({}, (Refusal(Code.FORM_NOT_OFFERED, offered=["text/csv"]),)),
        "export_breakdown": (
            {},
            (Refusal(Code.PERIOD_NOT_SHOWN), Refusal(Code.FORM_NOT_OFFERED, offered=["text/csv"])),
        ),
        "export_figures": ({}, (Refusal(Code.PERIOD_NOT_SHOWN), Refusal(Code.FORM_NOT_OFFERED, offered=["text/csv"]))),
        "withdraw_import": ({200: {"id": IMPORT_ID, "version": 2}}, (_UNKNOWN, Refusal(Code.ALREADY_WITHDRAWN))),
    }
)
_FORBIDDEN: Final = (403, "forbidden", "Your role may not do this", "Ask the prevention lead of your unit who may.")
_ONCE: Final = (
    (
        400,
        "idempotency-key-required",
        "An Idempotency-Key is required",
        "Send a new random Idempotency-Key (a UUID, at most 200 characters) with each POST.",
    ),
    (
        409,
        "idempotency-key-in-use",
        "The first request with this key still runs",
        "Wait a moment and send the same request again.",
    ),
    (
        422,
        "idempotency-key-reused",
        "The key was used with another body",
        "Use a new Idempotency-Key for a new request.",
    ),
)
_INVALID: Final = (422, "invalid-request", "The request is not valid", "Correct the places named.")
_CONDITIONAL: Final = (
    (
        428,
        "if-match-required",
        "If-Match is required",
        "Read the resource first and send its ETag in If-Match, so that nobody's change is lost.",
    ),
    (
        412,
        "stale-version",
        "The resource has changed",
        "Somebody changed it since you read it. Read it again, look at what changed, and repeat your change.",
    ),
)
_RANGE: Final = (
    400,
    "invalid-range",
    "Invalid range of months",
    "A series is 1 to 120 months, in order, until the current one at the latest.",
)
_NO_CASES: Final = (
    422,
    "no-cases-behind",
    "No cases are behind the indicator",
    "It rests on figures that are imported; no case or concern is known behind them.",
)
_DIMENSION: Final = (
    422,
    "unknown-dimension",
    "The indicator is not split by that",
    "Ask by one of `dimensions`.",
)
_CURSOR: Final = (
    400,
    "invalid-cursor",
    "The cursor is not valid",
    "Take the cursor from the list's last answer, or leave it out.",
)
_OF_BODY: Final = (
    (413, "body-too-large", "The body is too large", "Send at most 1048576 bytes."),
    (400, "body-incomplete", "The content broke off", "Send it again, whole."),
)
_ALSO: Final[Mapping[str, tuple[tuple[int, str, str, str], ...]]] = MappingProxyType(
    {
        "import_figures": (*_ONCE, *_OF_BODY, _INVALID),
        "list_imports": (_CURSOR, _INVALID),
        "read_import": (_INVALID,),
        "read_rows": (_INVALID,),
        "read_figures": (_INVALID,),
        "read_series": (_INVALID, _RANGE),
        "read_cases_behind": (_INVALID, _CURSOR, _NO_CASES),
        "read_changes": (_INVALID, _NO_CASES),
        "read_breakdown": (_INVALID, _DIMENSION),
        "export_series": (_INVALID, _RANGE),
        "export_breakdown": (_INVALID, _DIMENSION),
        "export_figures": (_INVALID,),
        "withdraw_import": (*_ONCE, *_CONDITIONAL, _INVALID),
    }
)
"""The problems that come from the mechanisms around an operation."""
_SAID: Final = {200: "Successful Response", 201: "Imported"}


def examples(operation: str) -> dict[int | str, dict[str, Any]]:
    """Return the answers of an operation as the description shows them."""
    answers, refusals = _SHOWN[operation]
    shown: dict[int | str, dict[str, Any]] = {
        status: {"description": _SAID[status], "content": {"application/json": {"example": body}}}
        for status, body in answers.items()
    }
    problems = PROBLEM_RESPONSES["4XX"]
    every = [*(problem_of(each) for each in refusals), *(ProblemError(*each) for each in _ALSO.get(operation, ()))]
    named = {each.code: {"value": document_of(each)} for each in (*every, ProblemError(*_FORBIDDEN))}
    shown["4XX"] = {**problems, "content": {MEDIA_TYPE: {**problems["content"][MEDIA_TYPE], "examples": named}}}
    return shown


def every_refusal() -> frozenset[Code]:
    """Return the refusals that some operation on imports shows."""
    return frozenset(each.code for _, refusals in _SHOWN.values() for each in refusals)
