"""Sends letters: takes what is due, asks what each person may know now, and hands what is left to the channel.

Nothing is sent of which nobody says that the person may know it: it waits. What is no longer theirs to know, or no
longer wanted, falls out of the letter, and a letter without anything left is cancelled. Before a letter goes, the trail
says who is told of what.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from forkant_kit.audit.record import Actor, Entry, write
from forkant_kit.keyring import UnsealError

from notification_service import metrics
from notification_service.commands.contacts import address_context, code_context
from notification_service.domain.kinds import Kind
from notification_service.domain.letters import MAX_ITEMS, Item, Letter, Outcome, Purpose, Reason, Refused, TryLater
from notification_service.domain.pacing import How
from notification_service.domain.posting import End, Status, Verdict, settle, waits_for_the_morning
from notification_service.post.desk import Desk
from notification_service.post.rights import RightUnknownError
from notification_service.store import letters, people
from notification_service.store.choices import language_in, pace_in
from notification_service.store.letters import Claimed, Fact
from notification_service.store.people import Doubt

SERVICE: Final = "notification-service"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A claimed letter with all that is known of it."""

    claimed: Claimed
    person: Any
    contact: Any
    facts: tuple[Fact, ...]


class _Withdrawn(Exception):  # noqa: N818 - no fault: somebody withdrew the letter meanwhile
    """The letter is no longer this attempt's."""


async def send_some(desk: Desk) -> int:
    """Take what is due and see each letter through; return how many were taken."""
    jobs = await _take(desk)
    by_person: dict[str, list[_Job]] = {}
    for job in jobs:
        by_person.setdefault(job.claimed.person, []).append(job)
    room = asyncio.Semaphore(desk.config.people_at_once)

    async def see_to(theirs: Sequence[_Job]) -> None:
        async with room:
            await _see_to(desk, theirs)

    async with asyncio.TaskGroup() as group:
        for theirs in by_person.values():
            group.create_task(see_to(theirs))
    return len(jobs)


async def _take(desk: Desk) -> list[_Job]:
    now = desk.now()
    async with desk.engine.begin() as conn:
        claimed = await letters.claim(
            conn,
            now=now,
            hidden_until=now + desk.config.lease,
            channels=sorted(desk.channels),
            room=desk.config.letters_at_once,
        )
        names = {each.person for each in claimed}
        known = await letters.people(conn, names)
        addresses = await letters.addresses(conn, names)
        facts = await letters.facts(conn, [each.id for each in claimed])
    return [
        _Job(
            claimed=each,
            person=known[each.person],
            contact=addresses.get((each.person, each.channel)),
            facts=tuple(facts.get(each.id, ())),
        )
        for each in claimed
    ]


async def _see_to(desk: Desk, jobs: Sequence[_Job]) -> None:
    """Send one person's letters; what several of them are about is one question."""
    asked = []
    for job in jobs:
        if job.claimed.purpose == Purpose.CONFIRMATION:
            await _confirm(desk, job)
        elif (ended := _judge(desk, job)) is not None:
            await _put_off(desk, job.claimed, ended)
        else:
            asked.append(job)
    if not asked:
        return
    facts = [fact for job in asked for fact in _wanted(job)]
    try:
        sight = await desk.rights.sight(asked[0].person, facts)
    except RightUnknownError as error:
        _log.warning("letter_right_unknown", reason=str(error))
        later = Verdict(status=Status.PENDING, reason=End.RIGHT_UNKNOWN, due_at=desk.now() + desk.config.ask_again)
        for job in asked:
            await _put_off(desk, job.claimed, later)
        return
    for job in asked:
        allowed = [fact for fact in _wanted(job) if sight.shows(fact.needs, fact.subject_id)]
        await _send_allowed(desk, job, allowed)


def _wanted(job: _Job) -> list[Fact]:
    pace = pace_in(job.person)
    return [fact for fact in job.facts if fact.stands and pace.how(Kind(fact.kind)) is not How.NONE]


def _judge(desk: Desk, job: _Job) -> Verdict | None:
    """Return what becomes of a letter that is not sent now; None when it may be, if the person may know."""
    now, person = desk.now(), job.person
    if job.contact is None or job.contact.confirmed_at is None:
        return Verdict(status=Status.DEAD, reason=End.ADDRESS_UNCONFIRMED)
    if person.proven_at is None or person.proven_at <= now - desk.config.standing_holds:
        return Verdict(status=Status.CANCELLED, reason=End.STANDING_LAPSED)
    wanted = _wanted(job)
    if not wanted:
        return Verdict(status=Status.CANCELLED, reason=End.NOTHING_LEFT)
    kinds = {Kind(fact.kind) for fact in wanted}
    quiet = waits_for_the_morning(pace_in(person), Purpose(job.claimed.purpose), kinds, now)
    return None if quiet is None else Verdict(status=Status.PENDING, reason=End.QUIET_HOURS, due_at=quiet)


async def _send_allowed(desk: Desk, job: _Job, allowed: Sequence[Fact]) -> None:
    claimed = job.claimed
    try:
        left = await _announce(desk, job, allowed)
    except _Withdrawn:
        return
    if not left:
        await _put_off(desk, claimed, Verdict(status=Status.CANCELLED, reason=End.NOTHING_LEFT))
        return
    to = _opened(desk, job.contact.address, address_context(claimed.person, claimed.channel))
    if to is None:
        await _settle(desk, claimed, TryLater(reason=Reason.FAULT))
        return
    # What waited for the morning or for the hour's end came together, like a digest.
    digest = claimed.purpose == Purpose.DIGEST or len(left) > 1
    letter = Letter(
        id=claimed.id,
        to=to,
        language=language_in(job.person),
        purpose=Purpose.DIGEST if digest else Purpose.MESSAGE,
        items=tuple(_item(fact) for fact in left[:MAX_ITEMS]),
        more=max(0, len(left) - MAX_ITEMS),
    )
    await _settle(desk, claimed, await desk.channels[claimed.channel].send(letter))


async def _announce(desk: Desk, job: _Job, allowed: Sequence[Fact]) -> list[Fact]:
    """Leave in the letter what the person may know, and write down that they are told; return what is left of it."""
    claimed, person = job.claimed, job.person
    async with desk.engine.begin() as conn:
        there = await letters.drop_but(conn, claimed.id, [fact.entry_id for fact in allowed])
        if not await letters.hold(conn, claimed):
            raise _Withdrawn
        left = [fact for fact in allowed if fact.entry_id in there]
        if left:
            actor = Actor(subject=claimed.person, client_id=SERVICE, unit=person.unit, roles=tuple(person.roles))
            ids = dict.fromkeys((claimed.id, *(fact.subject_id for fact in left)))
            await write(conn, actor, Entry(action="letter.send", object_kind="letter", object_ids=tuple(ids)))
    return left


async def _confirm(desk: Desk, job: _Job) -> None:
    claimed, contact = job.claimed, job.contact
    if contact is None or contact.code is None or contact.code_until <= desk.now():
        await _put_off(desk, claimed, Verdict(status=Status.CANCELLED, reason=End.CODE_OVER))
        return
    to = _opened(desk, contact.address, address_context(claimed.person, claimed.channel))
    code = _opened(desk, contact.code, code_context(claimed.person, claimed.channel))
    if to is None or code is None:
        await _settle(desk, claimed, TryLater(reason=Reason.FAULT))
        return
    letter = Letter(id=claimed.id, to=to, language=language_in(job.person), purpose=Purpose.CONFIRMATION, code=code)
    await _settle(desk, claimed, await desk.channels[claimed.channel].send(letter))


async def _settle(desk: Desk, claimed: Claimed, outcome: Outcome) -> None:
    now = desk.now()
    purpose = Purpose(claimed.purpose)
    verdict = settle(outcome, purpose=purpose, attempt=claimed.rung, ended_at=now, jitter=desk.jitter())
    said = outcome.reason.value if isinstance(outcome, TryLater | Refused) else "delivered"
    wording = None if isinstance(outcome, TryLater | Refused) else outcome.wording
    async with desk.engine.begin() as conn:
        await letters.record(conn, claimed, verdict, now=now, outcome=said, wording=wording)
        if isinstance(outcome, Refused) and outcome.address_is_at_fault:
            doubt = Doubt(reason=outcome.reason, since=now, now=now)
            await people.doubt(conn, person=claimed.person, channel=claimed.channel, doubt=doubt)
    _count(claimed, verdict)


async def _put_off(desk: Desk, claimed: Claimed, verdict: Verdict) -> None:
    """Write what becomes of a letter that was not handed to its channel."""
    now: datetime = desk.now()
    async with desk.engine.begin() as conn:
        await letters.record(conn, claimed, verdict, now=now, attempted=False)
    _count(claimed, verdict)


def _count(claimed: Claimed, verdict: Verdict) -> None:
    if verdict.status is not Status.PENDING:
        metrics.LETTERS_ENDED.labels(claimed.channel, verdict.status.value, verdict.reason or "").inc()
    elif verdict.reason is not None:
        metrics.LETTERS_WAITING.labels(verdict.reason).inc()


def _opened(desk: Desk, sealed: bytes, context: bytes) -> str | None:
    try:
        return desk.keyring.unseal(bytes(sealed), context=context).decode()
    except UnsealError:
        _log.error("contact_unreadable")
        return None


def _item(fact: Fact) -> Item:
    return Item(kind=Kind(fact.kind), unit=fact.unit, about_unit=fact.about_unit, path=f"/v1/inbox/{fact.entry_id}")
