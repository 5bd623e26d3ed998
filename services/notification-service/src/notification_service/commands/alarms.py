"""Alarms of this service, told to those who run the platform; the worker's, and without a detour over Kafka."""

from collections.abc import Callable
from uuid import UUID

from forkant_contracts.codes import AlarmKind
from forkant_contracts.units import DIRECTORATE
from forkant_kit.alarms import changed
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.audiences import ALARMS, OPERATORS, Needs
from notification_service.domain.happenings import Subject
from notification_service.store import inbox


async def tell_operators(conn: AsyncConnection, kind: AlarmKind, amount: int, *, new_id: Callable[[], UUID]) -> bool:
    """Tell of an alarm when it is news, in the transaction that keeps what was told; return whether it was."""
    told = await changed(conn, kind, amount, new_id=new_id)
    kind_told = None if told is None else ALARMS.get((kind, told.raised))
    if told is None or kind_told is None:
        return False
    entry = inbox.Entry(
        id=new_id(),
        event_id=new_id(),
        kind=kind_told.value,
        unit=DIRECTORATE,
        roles=frozenset(role.value for role in OPERATORS),
        needs=Needs.ROLE.value,
        subject=Subject.SERVICE.value,
        subject_id=told.id,
        subject_version=told.version,
        occurred_at=told.at,
        recorded_at=told.at,
    )
    await inbox.insert(conn, [entry], now=told.at)
    return True
