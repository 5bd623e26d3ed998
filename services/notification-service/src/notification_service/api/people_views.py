"""Answers to people about what they are told, and how."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from forkant_contracts.codes import Role, Theme

from notification_service.api.people_bodies import DigestBody, QuietHours
from notification_service.api.views import View
from notification_service.domain.contacts import ChannelName
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.letters import Purpose
from notification_service.domain.narrowing import Narrowing, Objection
from notification_service.domain.pacing import MANDATORY, How
from notification_service.domain.posting import Status
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


class ContactView(View):
    """Where you are reached over a channel."""

    channel: ChannelName
    address: str | None
    """Null when it can't be read any more: give it anew."""
    confirmed_at: datetime | None
    """When a code showed that it is yours; until then nothing but codes is sent there."""
    code_until: datetime | None
    """Until when the code holds that was sent there."""


class ConfirmationView(View):
    """How an address stands, without it."""

    channel: ChannelName
    confirmed_at: datetime | None
    code_until: datetime | None


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
    contacts: list[ContactView]
    channels: list[ChannelName]
    """Channels that this installation sends by."""
    version: int
    """0 before you chose anything."""

    @classmethod
    def of(cls, chosen: Chosen, contacts: list[ContactView], channels: Iterable[ChannelName]) -> Self:
        """Build it from what somebody chose."""
        pace = chosen.pace
        return cls(
            language=chosen.language,
            time_zone=pace.zone,
            quiet_hours=None if pace.quiet is None else QuietHours(start=pace.quiet.start, end=pace.quiet.end),
            digest=None if pace.digest is None else DigestBody.model_validate(_fields(pace.digest)),
            kinds=dict(sorted(pace.kinds.items())),
            mandatory=sorted(MANDATORY),
            contacts=contacts,
            channels=list(channels),
            version=chosen.version,
        )


def _fields(value: Any) -> Mapping[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


class LetterItemView(View):
    """One message that a letter tells of, and that you may see."""

    entry_id: UUID
    """The message in the inbox."""
    kind: Kind
    unit: str
    about_unit: str | None


class LetterView(View):
    """A letter to you; what it tells of that you may not see now, or that was erased, is left out."""

    id: UUID
    """The same for all attempts."""
    channel: ChannelName
    purpose: Purpose
    window_at: datetime | None
    """When a digest is due, or until when it is quiet; null for what goes at once."""
    status: Status
    reason: str | None
    """Why it ended without arriving, or waits."""
    attempts: int
    next_attempt_at: datetime | None
    last_outcome: str | None
    returned_at: datetime | None
    """When it came back after it had been taken."""
    created_at: datetime
    settled_at: datetime | None
    redacted_at: datetime | None
    """When what it told was erased or left."""
    items: list[LetterItemView]

    @classmethod
    def of(cls, row: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Self:
        """Build it from a row and the rows of what it tells."""
        due = row["due_at"] if row["status"] == Status.PENDING else None
        shown = [LetterItemView.model_validate(dict(item)) for item in items]
        return cls.model_validate({**row, "next_attempt_at": due, "items": shown})


class Letters(View):
    """A page of letters."""

    items: list[LetterView]
    next: str | None
