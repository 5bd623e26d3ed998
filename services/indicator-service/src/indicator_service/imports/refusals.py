"""The one error of imports: a refusal that carries a stable code. HTTP statuses are given to codes elsewhere."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Code(StrEnum):
    """Why an import or its withdrawal was refused; clients build on these, so a code is never renamed."""

    IMPORT_REFUSED = "import-refused"
    NOTHING_TO_IMPORT = "nothing-to-import"
    TOO_MANY_ROWS = "too-many-rows"
    MEDIA_TYPE_NOT_ALLOWED = "media-type-not-allowed"
    SOURCE_DATE_AHEAD = "source-date-ahead"
    ALREADY_IMPORTED = "already-imported"
    UNKNOWN_IMPORT = "unknown-import"
    ALREADY_WITHDRAWN = "already-withdrawn"
    UPLOAD_TOO_SLOW = "upload-too-slow"
    HISTORY_NOT_SHOWN = "history-not-shown"
    PERIOD_NOT_SHOWN = "period-not-shown"
    NOT_KEPT = "not-kept"
    TOO_MANY_CHANGES = "too-many-changes"
    NO_TIME_BETWEEN = "no-time-between"
    CASES_NOT_SHOWN = "cases-not-shown"
    FORM_NOT_OFFERED = "form-not-offered"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """It may not be done; nothing was changed. ``facts`` holds codes, ids and numbers, never what was sent."""

    def __init__(self, code: Code, **facts: str | int | Sequence[Any]) -> None:
        """Say why."""
        super().__init__(code.value)
        self.code = code
        self.facts: Mapping[str, Any] = MappingProxyType(facts)
