"""What the events of the live inbox say; an ``entry`` is what ``GET /v1/inbox/{entry_id}`` returns."""

from datetime import datetime
from uuid import UUID

from notification_service.api.views import View


class PresentView(View):
    """The newest messages that are there for the reader: what a client shows besides, down to the last, is gone."""

    ids: tuple[UUID, ...]
    more: bool
    """Whether there are older ones, of which nothing is said."""


class UnreadView(View):
    """How many messages are not read, as the list counts them."""

    unread_count: int
    unread_more: bool


class MarkedView(View):
    """The reader has read or acknowledged a message, here or elsewhere."""

    id: UUID
    read_at: datetime
    acknowledged_at: datetime | None


class WithdrawnView(View):
    """A message that was there is there no longer: erased, restricted, handed over, too old, or not theirs any more."""

    id: UUID


class ReasonView(View):
    """Why the stream begins anew or ends."""

    reason: str
