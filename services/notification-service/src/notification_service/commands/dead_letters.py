"""Sending dead letters again: one, or a range of an endpoint's."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.commands.context import Context
from notification_service.domain.refusals import Code, Refusal
from notification_service.store import dead_letters, endpoints, queue, standing
from notification_service.store.dead_letters import Found, Range

MOST_AT_ONCE: Final = 1_000
"""How many dead letters one request sends again; whoever has more goes on where it ended."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a range: those that wait to be sent again, those left alone, and where to go on if not all."""

    letters: tuple[Found, ...]
    restricted: int
    next_sequence: int | None


async def replay(conn: AsyncConnection, context: Context, delivery_id: UUID) -> UUID | None:
    """Put a dead letter back where it was in its lane, with all its attempts anew; return what it is about.

    Raises:
        Refusal: there is no such dead letter of the caller's, its endpoint is off, or its case is restricted.
    """
    letter = await dead_letters.find(conn, context.owner, delivery_id=delivery_id)
    if letter is None:
        raise Refusal(Code.NOT_FOUND)
    if not await queue.lock_enabled(conn, [letter.endpoint_id]):
        raise Refusal(Code.ENDPOINT_DISABLED)
    await queue.lock_lanes(conn, [letter.endpoint_id])
    if letter.subject_id is not None and await standing.is_restricted(conn, letter.subject_id):
        raise Refusal(Code.CASE_RESTRICTED)
    if not await dead_letters.revive(conn, delivery_id=delivery_id, now=context.now):
        raise Refusal(Code.NOT_FOUND)
    return letter.subject_id


async def replay_range(conn: AsyncConnection, context: Context, endpoint_id: UUID, chosen: Range) -> Replayed:
    """Put the dead letters of a range back where they were, each with all its attempts anew, a thousand at a time.

    Those of cases that are restricted stay.

    Raises:
        Refusal: the endpoint is not the caller's, or it is off.
    """
    if not await endpoints.owned(conn, context.owner, endpoint_id=endpoint_id):
        raise Refusal(Code.NOT_FOUND)
    if not await queue.lock_enabled(conn, [endpoint_id]):
        raise Refusal(Code.ENDPOINT_DISABLED)
    await queue.lock_lanes(conn, [endpoint_id])
    found = await dead_letters.in_range(conn, endpoint_id=endpoint_id, chosen=chosen, most=MOST_AT_ONCE + 1)
    now, later = found[:MOST_AT_ONCE], found[MOST_AT_ONCE:]
    letters = tuple(each for each in now if not each.restricted)
    await dead_letters.revive_all(conn, letters, endpoint_id=endpoint_id, now=context.now)
    return Replayed(letters, len(now) - len(letters), later[0].sequence if later else None)
