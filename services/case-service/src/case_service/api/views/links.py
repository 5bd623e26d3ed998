"""Links of a case."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View
from case_service.api.views.cases import CaseLine
from case_service.domain.links import Direction, LinkKind


class LinkView(View):
    """A link, from the case that is asked about: ``direction`` says how it is to be read."""

    id: UUID
    kind: LinkKind
    direction: Direction = Field(
        description="`to`: the case follows, or is part of, the other; `from`: the other of it; `both`: no matter."
    )
    case: CaseLine = Field(description="The case at the other end.")
    made_by: str
    made_at: datetime


class LinkPage(View):
    """A page of links, newest first; ``next`` is the cursor of the next page."""

    items: list[LinkView]
    next: str | None


class LinkReceipt(View):
    """A link that was made."""

    id: UUID
    case_id: UUID
    other_case: UUID
    kind: LinkKind
