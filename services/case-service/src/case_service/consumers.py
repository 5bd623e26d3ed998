"""What the service does with events of others, in the transaction that also moves the consumer's offset."""

from collections.abc import Sequence
from typing import Final

from forkant_contracts import Event
from forkant_contracts.topics import STEERING_TOPIC
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.pilots import take_over
from case_service.settings import SERVICE

GROUP: Final = SERVICE
TOPICS: Final = (STEERING_TOPIC,)


async def apply(conn: AsyncConnection, events: Sequence[Event]) -> None:
    """Apply one partition's events, in order: who takes part in a pilot."""
    await take_over(conn, events, service=SERVICE)
