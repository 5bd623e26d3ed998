"""Answers."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from forkant_contracts.codes import CaseType, Theme
from pydantic import BaseModel, ConfigDict

from notification_service.acknowledgement_rules import acknowledgement_rules
from notification_service.domain.attempts import Outcome, Reason, Status
from notification_service.domain.contacts import ChannelName
from notification_service.domain.happenings import Subject
from notification_service.domain.kinds import Kind
from notification_service.domain.signing import Signature, public_key_text
from notification_service.domain.wording import message


class View(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)


class WordingView(View):
    """One text in bokmål, nynorsk and English."""

    nb: str
    nn: str
    en: str


class EntryView(View):
    """A message in the inbox."""

    id: UUID
    kind: Kind
    unit: str
    about_unit: str | None
    """The unit that it speaks of, when that is another than whose people it is for."""
    subject: Subject
    subject_id: UUID
    subject_version: int
    occurred_at: datetime
    recorded_at: datetime
    created_at: datetime
    read_at: datetime | None
    acknowledged_at: datetime | None
    first_entry_id: UUID | None
    """The message that nobody acknowledged in time, where this one tells of that."""
    of_kind: Kind | None
    """Of which kind that message is."""
    level: int
    """How many times it went up since; 0 for a message of its own."""
    must_acknowledge: bool
    """Whether somebody must acknowledge it: else those who come next are told."""
    title: WordingView
    text: WordingView

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Build it from a row; its words come from the kind and the unit that it speaks of."""
        words = message(Kind(row["kind"]), row["about_unit"] or row["unit"])
        must = row["level"] > 0 or any(row["kind"] in version.demands for version in acknowledgement_rules())
        return cls.model_validate({**row, "must_acknowledge": must, "title": words.title, "text": words.text})


class DemandView(View):
    """A message that must be acknowledged, and who did."""

    id: UUID
    """Id of the message in the inbox."""
    kind: Kind
    unit: str
    subject: Subject
    subject_id: UUID
    subject_version: int
    level: int
    """How many times it went up; 0 while those know of it alone whom it was for."""
    told_on: date
    """The day on which that level was told."""
    escalates_on: date | None
    """The day on which it goes up next, unless somebody acknowledges it before; null at the last level."""
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_level: int | None
    """At which level it was acknowledged."""
    over_at: datetime | None
    """When what it was about was done, so that nobody is asked any more."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Build it from a row."""
        return cls.model_validate({**row, "id": row["entry_id"]})


class Demands(View):
    """A page of messages that must be acknowledged."""

    items: list[DemandView]
    next: str | None


class DoubtView(View):
    """An address of yours that nothing is sent to any more until you confirm it anew."""

    channel: ChannelName
    since: datetime
    reason: str
    """`recipient_refused`, `address_malformed`, `bounced`, or `bounced_softly` on several days."""


class LettersNote(View):
    """Whether letters reach you beside the inbox."""

    stopped_from: datetime | None
    """From when they had stopped since you had not been here for so long; null if they never did."""
    stopped_until: datetime | None
    """When you were here again."""
    dead: int
    """Letters that did not arrive: see `GET /v1/letters?status=dead`."""
    unconfirmed: list[DoubtView]
    """Your addresses that letters to did not arrive at: confirm them anew, or give others."""


class Inbox(View):
    """A page of the inbox."""

    items: list[EntryView]
    next: str | None
    unread_count: int
    """Entries not read, on all pages; counted among the newest thousand that are meant for the role."""
    unread_more: bool
    """Whether there are older ones, which were not looked at."""
    letters: LettersNote


class SecretView(View):
    """A secret or key that signs, without what is secret of it."""

    id: UUID
    version: Signature
    """``v1``: a shared secret; ``v1a``: a key of the service's own."""
    public_key: str | None
    """``whpk_…``: what verifies ``v1a`` signatures; null for ``v1``."""
    created_at: datetime
    expires_at: datetime | None
    """Until when it signs along; null for the current one."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Build it from a row."""
        key = row["public_key"]
        return cls.model_validate({**row, "public_key": None if key is None else public_key_text(bytes(key))})


class EndpointView(View):
    """An endpoint."""

    id: UUID
    url: str
    event_types: list[str]
    units: list[str]
    case_types: list[CaseType]
    themes: list[Theme]
    signatures: list[Signature]
    """How messages are signed; those of ``secrets`` that are of another kind are kept and not used."""
    unit: str
    national: bool
    """Whether it may get the events of every unit."""
    enabled: bool
    disabled_reason: str | None
    """`gone`: it answered 410; `failing`: nothing arrived for three days; `unit_ended`; `unproven`; `by_owner`."""
    proven_at: datetime
    """When somebody who may change it did so last, or sent a ping: too long ago, it is switched off as `unproven`."""
    failing_since: datetime | None
    """Since when no attempt has arrived, where one has failed."""
    paused_until: datetime | None
    """Until when nothing but test pings is sent, after failures in a row; then one delivery tries."""
    version: int
    created_at: datetime
    updated_at: datetime
    secrets: list[SecretView]

    @classmethod
    def of(cls, row: Mapping[str, Any], secrets: Iterable[Mapping[str, Any]]) -> Self:
        """Build it from a row and the rows of its secrets."""
        return cls.model_validate({**row, "secrets": [SecretView.of(one) for one in secrets]})


class EndpointWithSecret(EndpointView):
    """An endpoint with its new secret, which is shown this once."""

    secret: str | None = None
    """The secret, ``whsec_…``; null when a request is repeated with its Idempotency-Key."""


class Endpoints(View):
    """A page of endpoints."""

    items: list[EndpointView]
    next: str | None


class AttemptView(View):
    """One attempt to deliver."""

    number: int
    started_at: datetime
    duration_ms: int
    outcome: Outcome
    status_code: int | None


class DeliveryView(View):
    """A delivery; what it was about is blank when the case was erased, or is not the reader's to see."""

    id: UUID
    endpoint_id: UUID
    message_id: UUID
    """The ``webhook-id`` of every attempt."""
    sequence: int
    """Number among the deliveries of the endpoint, without gaps."""
    event_type: str | None
    subject_id: UUID | None
    subject_version: int | None
    unit: str | None
    occurred_at: datetime | None
    recorded_at: datetime | None
    status: Status
    reason: Reason | None
    attempts: int
    next_attempt_at: datetime | None
    last_outcome: Outcome | None
    last_status_code: int | None
    created_at: datetime
    settled_at: datetime | None
    redacted_at: datetime | None
    """When the case was erased, and with it what the delivery was about."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Build it from a row."""
        due = row["next_attempt_at"] if row["status"] == Status.PENDING else None
        return cls.model_validate({**row, "next_attempt_at": due})


class TypeCount(View):
    """How many events of a type."""

    event_type: str
    count: int


class EndpointPreview(View):
    """What an endpoint would have been sent in the last days."""

    since: datetime
    total: int
    by_type: list[TypeCount]
    """The most frequent first; types that would not have come are left out."""


class Replayed(View):
    """What became of the dead letters that were asked for."""

    replayed: int
    """How many wait to be sent again, each at its old place."""
    restricted: int
    """How many were left where they are, since access to their case is restricted."""
    next_sequence: int | None
    """Where to go on as ``from_sequence``, when there were more than are sent again at once; else null."""


class DeliveryWithLog(DeliveryView):
    """A delivery with its attempts."""

    log: list[AttemptView] = []


class Deliveries(View):
    """A page of deliveries."""

    items: list[DeliveryView]
    next: str | None
