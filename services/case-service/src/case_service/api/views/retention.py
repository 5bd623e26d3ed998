"""Until when cases are kept, by which rules, and which are to be looked at."""

from datetime import date
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.erasing import Obstacle
from case_service.domain.levels import Level
from case_service.domain.retention import CountsFrom


class RetentionRuleView(View):
    """A rule: which cases it is for, and for how many months from which day they are kept."""

    code: str
    when: dict[str, list[str]] = Field(
        description="By condition, the codes of which a case has one; all conditions together. `stands` is the state "
        "in which it ended, or `open`; `reason` why it was closed or rejected."
    )
    counts_from: CountsFrom
    months: int
    source: str = Field(description="What the rule rests on; what is assumed is marked `[a]`.")


class RetentionRules(View):
    """The rules in force, in the order in which they are tried: the first that fits a case counts."""

    version: int
    items: list[RetentionRuleView]


class RetentionReviewLine(View):
    """A case whose last day is near or past, and what keeps it from being erased for that."""

    id: UUID
    unit: str
    state: c.CaseState
    version: int
    case_type: c.CaseType
    age_band: c.AgeBand
    restricted: bool
    level: Level
    retention_until: date
    retention_rule: str
    obstacles: list[Obstacle] = Field(description="Empty when you may erase it as it stands.")


class RetentionReviewPage(View):
    """A page of cases, the first due first; ``next`` is the cursor of the next page."""

    items: list[RetentionReviewLine]
    next: str | None
