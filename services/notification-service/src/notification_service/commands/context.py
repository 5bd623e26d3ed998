"""What a command is told of its surroundings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from forkant_kit.keyring import Keyring

from notification_service.visibility import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who acts, when, and with what."""

    owner: Owner
    subject: str
    now: datetime
    new_id: Callable[[], UUID]
    keyring: Keyring
    allow_local: bool
    standing_holds: timedelta = timedelta(days=30)
    """How long what a token said of a person counts for letters."""
