"""Requests of people about what they are told, and how."""

from datetime import time
from typing import Annotated, Any, Self
from uuid import UUID

from forkant_contracts.codes import Role, Theme
from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from notification_service.api.bodies import Closed, UnitId
from notification_service.domain.contacts import ChannelName
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.narrowing import Narrowing
from notification_service.domain.pacing import DEFAULT_ZONE, Digest, Every, How, Pace, Quiet

_NARROWING: dict[str, Any] = {
    "kinds": ["plan_awaits_approval", "case_closed"],
    "roles": ["prevention_lead"],
    "units": [],
    "case_id": None,
    "themes": ["violence"],
    "indicator": None,
}
_CHOICES: dict[str, Any] = {
    "language": "nb",
    "time_zone": "Europe/Oslo",
    "quiet_hours": {"start": "21:00", "end": "07:00"},
    "digest": {"every": "day", "hour": 8},
    "kinds": {"case_closed": "digest", "method_published": "none"},
    "contacts": [],
}
MOST_DAYS = 90


def shown(example: dict[str, Any]) -> ConfigDict:
    """Return a model's settings with an example of it."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class NarrowingBody(Closed):
    """Which of the messages that are meant for you; what is empty or null narrows nothing."""

    model_config = shown(_NARROWING)

    kinds: Annotated[tuple[Kind, ...], Field(max_length=100)] = ()
    """Kinds of message."""
    roles: Annotated[tuple[Role, ...], Field(max_length=20)] = ()
    """Only what is meant for one of these roles of yours."""
    units: Annotated[tuple[UnitId, ...], Field(max_length=100)] = ()
    """Only what speaks of these units or their parts."""
    case_id: UUID | None = None
    """Only what is about this case."""
    themes: Annotated[tuple[Theme, ...], Field(max_length=100)] = ()
    """Only what is about cases, concerns and examples of these themes."""
    indicator: Annotated[int, Field(ge=1, le=99)] | None = None
    """Only when this indicator crosses a limit."""

    @model_validator(mode="after")
    def _known_codes(self) -> Self:
        if Role.UNKNOWN in self.roles or Theme.UNKNOWN in self.themes:
            raise ValueError("unknown is no role and no theme")
        return self

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


class NewSubscription(NarrowingBody):
    """A subscription to begin."""


class Preview(NarrowingBody):
    """A subscription that is not saved."""

    model_config = shown({**_NARROWING, "days": 14})

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 14
    """Of how many last days to tell what it would have given."""


class SubscriptionChanges(NarrowingBody):
    """What to change; fields left out stay."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one field")
        return self

    def applied_to(self, before: Narrowing) -> Narrowing:
        """Return a subscription as it is afterwards."""
        after = self.narrowing()
        changed = {name: getattr(after, name) for name in self.model_fields_set}
        return Narrowing(**{**{name: getattr(before, name) for name in Narrowing.__dataclass_fields__}, **changed})


class QuietHours(Closed):
    """Hours without letters, on the wall clock of the time zone; over midnight when the end is earlier."""

    start: time
    """From when, to the minute."""
    end: time
    """Until when, which is not quiet any more."""

    @field_validator("start", "end")
    @classmethod
    def _of_the_wall_clock(cls, value: time) -> time:
        if value.tzinfo is not None or value.second or value.microsecond:
            raise ValueError("a time of the wall clock, to the minute: 21:30")
        return value


class DigestBody(Closed):
    """When what is collected is sent."""

    every: Every
    """Each day, or once a week."""
    hour: Annotated[int, Field(ge=0, le=23)]
    """At which hour of the wall clock."""
    weekday: Annotated[int, Field(ge=1, le=7)] | None = None
    """With `week`: on which day, 1 is Monday."""


class ContactBody(Closed):
    """An address of yours."""

    channel: ChannelName
    address: Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=r"^[!-~]+$")] = Field(repr=False)
    """`name@politiet.example`, `+4791234567`."""


class Choices(Closed):
    """How and when you are told; it replaces all that you chose before."""

    model_config = shown(_CHOICES)

    language: Language = Language.NB
    """The language of letters: bokmål, nynorsk, English."""
    time_zone: Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$")] = DEFAULT_ZONE
    """A name of the IANA database."""
    quiet_hours: QuietHours | None = None
    """Null for none."""
    digest: DigestBody | None = None
    """Null for none."""
    kinds: Annotated[dict[Kind, How], Field(default_factory=dict, max_length=100)]
    """How each kind is told; what is not named is told at once."""

    contacts: Annotated[tuple[ContactBody, ...], Field(max_length=len(ChannelName))] = ()
    """Where you are reached besides the inbox, one address a channel; a new one must be confirmed before it is used."""

    @field_validator("contacts")
    @classmethod
    def _one_a_channel(cls, value: tuple[ContactBody, ...]) -> tuple[ContactBody, ...]:
        if len({each.channel for each in value}) != len(value):
            raise ValueError("one address a channel")
        return value

    def addresses(self) -> dict[ChannelName, str]:
        """Return the addresses by channel."""
        return {each.channel: each.address for each in self.contacts}

    def pace(self) -> Pace:
        """Return it as the domain has it."""
        quiet, digest = self.quiet_hours, self.digest
        return Pace(
            zone=self.time_zone,
            quiet=None if quiet is None else Quiet(start=quiet.start, end=quiet.end),
            digest=None if digest is None else Digest(every=digest.every, hour=digest.hour, weekday=digest.weekday),
            kinds=self.kinds,
        )
