"""Who may see a case: its members, those with access for a time, and its level of confidentiality."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from forkant_kit.access.grants import Grant, GrantKind
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt
from case_service.domain.levels import Level
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import grants, tasks

LONGEST_ACCESS: Final = timedelta(days=90)
"""How long access from outside may last before it must be given anew [assumed]."""


class AccessReason(StrEnum):
    """Why somebody who is no member gets access to a case for a time."""

    JOINT_WORK = "joint_work"
    EXPERTISE = "expertise"
    HAND_OVER = "hand_over"
    REVIEW = "review"


async def add_member(
    conn: AsyncConnection, context: Context, target: Target, *, subject: str, valid_to: datetime | None
) -> Receipt:
    """Make a person of the unit a member; role, unit and clearance must hold besides.

    Raises:
        Refusal: the person is one, or the end is out of range; see also :func:`~case_service.commands.change.begin`.
    """
    return await _give(conn, context, target, subject=subject, kind=GrantKind.MEMBER, valid_to=valid_to, reason="")


async def give_access(
    conn: AsyncConnection, context: Context, target: Target, *, subject: str, valid_to: datetime, reason: AccessReason
) -> Receipt:
    """Give a person access for a time, whichever unit the person is of; role and clearance must hold besides.

    Raises:
        Refusal: the person has access, or the end is out of range; see also
            :func:`~case_service.commands.change.begin`.
    """
    return await _give(
        conn, context, target, subject=subject, kind=GrantKind.ACCESS, valid_to=valid_to, reason=reason.value
    )


async def end_member(conn: AsyncConnection, context: Context, target: Target, grant_id: UUID) -> Receipt:
    """End a membership or an access.

    Raises:
        Refusal: there is none that holds; see also :func:`~case_service.commands.change.begin`.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.END_MEMBER, actor=change.actor, item_id=grant_id)
    decision = decide(change.case, attempt)
    if not await grants.end(conn, target.id, grant_id, at=context.now, by=change.actor):
        raise Refusal(Code.NOT_FOUND)
    await tasks.take_back(conn, target.id, grant_id)
    return await finish(change, decision, Outcome(action=attempt.action, item_id=grant_id))


async def set_level(conn: AsyncConnection, context: Context, target: Target, *, level: Level) -> Receipt:
    """Set how confidential a case is; who sets a level that only members see becomes one.

    Raises:
        Refusal: the level is above the caller's clearance; see also :func:`~case_service.commands.change.begin`.
    """
    if level > context.scope.clearance:
        raise Refusal(Code.ABOVE_CLEARANCE)
    change = await begin(conn, context, target)
    decision = decide(change.case, Attempt(action=Action.SET_LEVEL, actor=change.actor))
    own = member(context, target.id)
    if level >= context.scope.members_from and not await grants.has(conn, own):
        await grants.add(conn, own, by=change.actor)
    columns = {"level": level.value, "lowest_level": min(level.value, change.loaded.lowest_level)}
    return await finish(change, decision, Outcome(action=Action.SET_LEVEL, columns=columns))


def member(context: Context, case_id: UUID, *, subject: str | None = None) -> Grant:
    """Return the membership of the caller, or of somebody else, until further notice."""
    who = subject or context.subject
    return Grant(kind=GrantKind.MEMBER, subject=who, object_id=case_id, valid_from=context.now)


async def _give(
    conn: AsyncConnection,
    context: Context,
    target: Target,
    *,
    subject: str,
    kind: GrantKind,
    valid_to: datetime | None,
    reason: str,
) -> Receipt:
    change = await begin(conn, context, target)
    decision = decide(change.case, Attempt(action=Action.ADD_MEMBER, actor=change.actor))
    latest = context.now + LONGEST_ACCESS if kind is GrantKind.ACCESS else None
    if valid_to is not None and (valid_to <= context.now or (latest is not None and valid_to > latest)):
        raise Refusal(Code.ACCESS_TOO_LONG, earliest=context.now.isoformat(), **_until(latest))
    grant = Grant(
        kind=kind, subject=subject, object_id=target.id, valid_from=context.now, valid_to=valid_to, reason=reason
    )
    if await grants.has(conn, grant):
        raise Refusal(Code.ALREADY_MEMBER)
    made = await grants.add(conn, grant, by=change.actor)
    # The case's row lock, which this takes, lets one of two who give the same at once win.
    return await finish(change, decision, Outcome(action=Action.ADD_MEMBER, item_id=made))


def _until(latest: datetime | None) -> dict[str, str]:
    return {} if latest is None else {"latest": latest.isoformat()}
