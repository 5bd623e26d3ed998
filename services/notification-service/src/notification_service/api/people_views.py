"""Answers to people about what they are told, and how."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from forkant_contracts.codes import Role, Theme

from notification_service.api.people_bodies import DigestBody, QuietHours
from notification_service.api.views import View
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.narrowing import Narrowing, Objection
from notification_service.domain.pacing import MANDATORY, How
from notification_service.queries.preferences import Chosen


class SubscriptionView(View):
    """A subscription; what is empty or null narrows nothing."""

    id: UUID
    kinds: list[Kind]
    roles: list[Role]
    units: list[str]
    case_id: UUID | None
    themes: list[Theme]
    indicator: int | None
    version: int
    created_at: datetime
    updated_at: datetime

    def narrowing(self) -> Narrowing:
        """Return it as the domain has it."""
        return Narrowing(
            kinds=frozenset(self.kinds),
            roles=frozenset(self.roles),
            units=frozenset(self.units),
            case_id=self.case_id,
            themes=frozenset(self.themes),
            indicator=self.indicator,
        )


class Subscriptions(View):
    """A page of subscriptions."""

    items: list[SubscriptionView]
    next: str | None


class PreviewView(View):
    """What a subscription would have given, and whether you may have it."""

    allowed: bool
    """Whether it can be saved."""
    objections: list[Objection]
    """What is against it."""
    since: datetime
    """From when on it was looked."""
    total: int
    """Messages that you may see and that match."""
    by_kind: dict[Kind, int]
    """How many of them are of which kind."""
    more: bool
    """Whether there are older ones, which were not looked at."""


class PreferencesView(View):
    """How and when you are told."""

    language: Language
    time_zone: str
    quiet_hours: QuietHours | None
    digest: DigestBody | None
    kinds: dict[Kind, How]
    """What is not named is told at once."""
    mandatory: list[Kind]
    """Kinds that are told at once whatever is chosen, in quiet hours too."""
    version: int
    """0 before you chose anything."""

    @classmethod
    def of(cls, chosen: Chosen) -> Self:
        """Build it from what somebody chose."""
        pace = chosen.pace
        return cls(
            language=chosen.language,
            time_zone=pace.zone,
            quiet_hours=None if pace.quiet is None else QuietHours(start=pace.quiet.start, end=pace.quiet.end),
            digest=None if pace.digest is None else DigestBody.model_validate(_fields(pace.digest)),
            kinds=dict(sorted(pace.kinds.items())),
            mandatory=sorted(MANDATORY),
            version=chosen.version,
        )


def _fields(value: Any) -> Mapping[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
