"""Pilots: the gate that a case passes when it is opened or moved, and what is taken over from the indicator service."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from forkant_contracts import Event
from forkant_contracts.codes import CaseType
from forkant_contracts.events.recovery import SteeringVersionSkipped
from forkant_contracts.events.steering import PilotEnded, PilotEnrolled, PilotWithdrawn
from forkant_kit.audit.record import Actor, Entry, write_all
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.pilots import may_be_pilot
from case_service.store import pilots

TAKE_OVER: Final = "pilot.take_over"
"""The action by which the service takes over who takes part in a pilot."""


async def check_pilot(conn: AsyncConnection, case_type: CaseType, *, unit: str, day: date) -> None:
    """Refuse a case of a pilot in a unit that takes no part in it on a day.

    Raises:
        Refusal: ``pilot-not-open``.
    """
    if may_be_pilot(case_type):
        (await pilots.load(conn)).check(case_type, unit=unit, day=day)


async def take_over(conn: AsyncConnection, events: Sequence[Event], *, service: str) -> None:
    """Keep what events tell of pilots, and write down that it holds from now on; other events are no news here."""
    for event in events:
        match event.data:
            case PilotEnrolled():
                await pilots.enrol(conn, event, event.data)
            case PilotWithdrawn():
                await pilots.withdraw(conn, event, event.data)
            case PilotEnded():
                await pilots.end(conn, event, event.data)
            case SteeringVersionSkipped():
                await pilots.skip(conn, event)
                continue
            case _:
                continue
        actor = Actor(subject=service, client_id=service, unit=event.unit, roles=())
        entry = Entry(
            action=TAKE_OVER, object_kind="pilot", object_ids=[event.aggregate_id], version=event.aggregate_version
        )
        await write_all(conn, actor, [entry])
