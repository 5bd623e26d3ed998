"""What looks like a case or a concern, and why."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.duplicates import Alike, Reason


class DuplicateView(View):
    """A case or a concern that may be the same: codes, and why it is listed; nothing that anybody wrote."""

    kind: Alike
    id: UUID
    state: str
    case_type: c.CaseType | None
    theme: c.Theme
    age_band: c.AgeBand
    municipality_number: str | None
    since: datetime = Field(description="When the case was opened, or the concern received.")
    reasons: list[Reason] = Field(description="What is the same; no order of likelihood is meant.")


class DuplicatePage(View):
    """A page of what looks alike, newest first; ``next`` is the cursor of the next page."""

    items: list[DuplicateView]
    next: str | None
