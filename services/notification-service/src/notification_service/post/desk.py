"""What the writer and the sender of one worker share."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from forkant_kit.keyring import Keyring
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.channels.channel import Channel
from notification_service.post.rights import Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class PostConfig:
    """How a worker paces itself; a lease is longer than asking and sending can take.

    After a turn that found little, what is called for next comes together for ``gather_s``: a letter is not urgent by
    the millisecond, and looking after each event would take more than writing.
    """

    lease: timedelta = timedelta(seconds=120)
    standing_holds: timedelta = timedelta(days=30)
    """How long a person's right counts as known since their own token proved it."""
    ask_again: timedelta = timedelta(seconds=30)
    """How long a letter waits while nobody says what its person may know."""
    soft_bounce_days: int = 3
    """On how many days letters come back for now until their address is no longer believed in."""
    soft_bounce_window: timedelta = timedelta(days=14)
    """Within what time these days lie."""
    people_at_once: int = 16
    letters_at_once: int = 200
    people_on_a_page: int = 500
    entries_at_once: int = 50
    poll_s: float = 0.5
    gather_s: float = 0.1
    retry_s: float = 2.0
    stop_deadline_s: float = 8.0
    stuck_after_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Tools of one worker."""

    engine: AsyncEngine
    channels: Mapping[str, Channel]
    rights: Rights
    keyring: Keyring
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    config: PostConfig = field(default_factory=PostConfig)
    jitter: Callable[[], float] = random.random
