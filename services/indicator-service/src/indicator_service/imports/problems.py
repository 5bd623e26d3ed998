"""The problem document of each refusal of an import."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_kit.problems import ProblemError

from indicator_service.imports.refusals import Code, Refusal

ANSWERS: Final[Mapping[Code, tuple[int, str, str]]] = MappingProxyType(
    {
        Code.IMPORT_REFUSED: (
            422,
            "The rows can't be imported",
            "Correct the rows that `errors` names, and send the whole again: nothing was changed.",
        ),
        Code.NOTHING_TO_IMPORT: (422, "There is no row", "Send one row for each unit and period."),
        Code.TOO_MANY_ROWS: (413, "There are too many rows", "Send at most `most` rows at once."),
        Code.MEDIA_TYPE_NOT_ALLOWED: (
            415,
            "The type of file is not taken",
            "Send one of `allowed` in Content-Type, as it is: without a Content-Encoding.",
        ),
        Code.SOURCE_DATE_AHEAD: (
            422,
            "The source's date is still to come",
            "Say in source_date of which day the source gives its figures: today, or a day before.",
        ),
        Code.ALREADY_IMPORTED: (
            409,
            "The same file was imported before",
            "It stands as `import_id`. To have it stand again, withdraw the import that came after it.",
        ),
        Code.UNKNOWN_IMPORT: (404, "Unknown import", "There is no such import; see /v1/aggregate-imports."),
        Code.ALREADY_WITHDRAWN: (409, "The import is withdrawn already", "There is nothing to take back."),
        Code.UPLOAD_TOO_SLOW: (408, "The content took too long to come", "Send it again over a better line."),
        Code.HISTORY_NOT_SHOWN: (
            403,
            "What was known before is not shown",
            "Ask for your own unit, or leave known_at out: two versions of a figure of others could tell a hidden one.",
        ),
        Code.NOT_KEPT: (
            422,
            "What happened then is not kept",
            "Ask from `kept_since` on, where it is given: before that no event is kept here.",
        ),
        Code.TOO_MANY_CHANGES: (
            422,
            "Too many cases changed in between",
            "Choose moments between which at most `most` cases of the unit changed.",
        ),
        Code.NO_TIME_BETWEEN: (422, "There is no time between the moments", "Let `since` be before `until` and now."),
        Code.CASES_NOT_SHOWN: (
            403,
            "What is behind figures of others is not shown",
            "Ask for your own unit: the cases behind a figure are for whoever sees it exactly.",
        ),
        Code.FORM_NOT_OFFERED: (
            406,
            "There is no such form",
            "Accept one of `offered`, or name a format in the query.",
        ),
        Code.PERIOD_NOT_SHOWN: (
            403,
            "Figures of this period are not shown of others",
            "Ask for your own unit, for a month or for rolling_12: from more, hidden ones could follow.",
        ),
    }
)
"""Status, title and advice by code."""


def problem_of(refusal: Refusal) -> ProblemError:
    """Return the problem document of a refusal."""
    status, title, detail = ANSWERS[refusal.code]
    return ProblemError(status, refusal.code.value, title, detail, extra=refusal.facts)
