"""What a webhook says: type, ids, version, unit and times; whoever may know more asks the API for it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

PING_TYPE: Final = "no.forkant.endpoint.ping.v1"
"""Type of the test message; it exists on webhooks only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The content of one delivery; a ping has no subject."""

    message_id: UUID
    event_type: str
    sequence: int
    occurred_at: datetime
    recorded_at: datetime
    subject_id: UUID | None = None
    subject_version: int | None = None
    unit: str | None = None


def payload(letter: Letter) -> bytes:
    """Return the body; the same letter always gives the same bytes, so that a repeat is a repeat."""
    data: dict[str, str | int | None] = {
        "event_id": str(letter.message_id),
        "subject_id": str(letter.subject_id) if letter.subject_id else None,
        "subject_version": letter.subject_version,
        "unit": letter.unit,
        "occurred_at": _utc(letter.occurred_at),
        "recorded_at": _utc(letter.recorded_at),
        "sequence": letter.sequence,
    }
    held = {name: value for name, value in data.items() if value is not None}
    document = {"type": letter.event_type, "timestamp": _utc(letter.occurred_at), "data": held}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
