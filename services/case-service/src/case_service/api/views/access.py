"""Who may see a case: members, substitutes, emergency access and its reviews."""

from datetime import datetime
from uuid import UUID

from forkant_contracts import codes as c
from forkant_kit.access.grants import GrantKind

from case_service.api.views.base import View


class MemberView(View):
    """Somebody who may see a case, or could, beside those whom their office lets see it."""

    id: UUID
    kind: GrantKind
    subject: str
    valid_from: datetime
    valid_to: datetime | None
    reason: str
    given_by: str
    ended_by: str | None


class MemberList(View):
    """Everybody to whom a case was opened."""

    items: list[MemberView]


class SubstituteReceipt(View):
    """A substitution as it was made or ended."""

    id: UUID
    recorded_at: datetime


class SubstituteView(View):
    """Who stands in for whom, from when until when."""

    id: UUID
    absent: str
    substitute: str
    valid_from: datetime
    valid_to: datetime
    made_by: str
    ended_by: str | None


class SubstitutePage(View):
    """A page of substitutions; ``next`` is the cursor of the next page."""

    items: list[SubstituteView]
    next: str | None


class GlassReceipt(View):
    """What somebody gets who broke the glass: until when the case can be read."""

    id: UUID
    case_id: UUID
    valid_to: datetime
    recorded_at: datetime


class ReviewView(View):
    """Somebody's look into a case by broken glass, and what the review of it came to."""

    id: UUID
    case_id: UUID
    unit: str
    reason: c.BreakGlassReason
    opened_by: str
    opened_by_unit: str
    opened_at: datetime
    due_at: datetime
    verdict: c.AccessVerdict | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    reminded_at: datetime | None
    """When those who are to review it were reminded, since it was past due."""
    escalated_at: datetime | None
    """When the directorate's privacy officers were told that it still waits."""
    etag: str


class ReviewPage(View):
    """A page of reviews; ``next`` is the cursor of the next page."""

    items: list[ReviewView]
    next: str | None


class ReviewReceipt(View):
    """A review after it was done."""

    id: UUID
    case_id: UUID
    verdict: c.AccessVerdict
    recorded_at: datetime
