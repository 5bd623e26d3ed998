"""What the worker does about parked events when asked to: it tries them again, or passes over one for good.

An aggregate is taken on as a whole, in one transaction, under the locks that a batch takes, so that a batch and a
request never write the same aggregate at once. Whatever was waiting behind the event in question goes on by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from forkant_contracts import Event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_kit import consumer_metrics as metrics
from forkant_kit import parked_store as store
from forkant_kit.batch import Apply, apply_each, is_passing
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.gate import Parked, judge
from forkant_kit.parked_store import Fate, Target, Waiting

_AT_ONCE: Final = 50
_DISCARD: Final = "discard"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Course:
    """How far the work on one aggregate has come."""

    last: int
    """The version that the aggregate stands at."""
    left: list[Waiting]
    """What is parked still, by version."""
    applied: list[Event] = field(default_factory=list)
    fates: dict[int, Fate] = field(default_factory=dict)
    """What becomes of each parked event, by its id."""


class ParkedWork:
    """Does for one consumer group what was asked for; several processes may, since the locks keep them apart."""

    def __init__(self, *, engine: AsyncEngine, group: str, apply: Apply) -> None:
        """Bind the group's database and effect."""
        self._engine = engine
        self._group = group
        self._apply = apply
        self._store = ConsumerStore(group)

    async def attend(self) -> list[Event]:
        """Do some of what is asked for and return the events applied by it; nothing to do costs one short query.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError: the surroundings failed; what is not done is still asked for.
        """
        async with self._engine.connect() as conn:
            targets = await store.wanted(conn, group=self._group, limit=_AT_ONCE)
        applied: list[Event] = []
        for target in targets:
            try:
                applied += await self._take_on(target)
            except (SQLAlchemyError, ValueError, LookupError, TypeError) as error:
                if is_passing(error):
                    raise
                await self._give_up(target, error)
        return applied

    async def _take_on(self, target: Target) -> list[Event]:
        async with self._engine.begin() as conn:
            waiting = await store.lock(conn, target, group=self._group)
            if target.aggregate_id is None and waiting and waiting[0].read.aggregate_id is not None:
                # This release can tell whose event it is, which the one that parked it could not.
                await store.identify(conn, waiting[0])
                target = Target(waiting[0].read.aggregate_id, None)
                waiting = await store.lock(conn, target, group=self._group)
            course = await self._work_off(conn, target.aggregate_id, waiting)
            outcomes = _outcomes(waiting, course.fates)
            await store.settle(conn, waiting, [course.fates[each.parked_id] for each in waiting])
            await store.note(conn, outcomes)
        for each, (_, outcome, _) in zip((w for w in waiting if w.action_id is not None), outcomes, strict=True):
            metrics.PARKED_ACTIONS.labels(self._group, each.action, outcome).inc()
            _log.info("parked_request_done", group=self._group, action=each.action, outcome=outcome)
        return course.applied

    async def _work_off(self, conn: AsyncConnection, aggregate: UUID | None, waiting: Sequence[Waiting]) -> _Course:
        last = (await self._store.versions(conn, {aggregate})).get(aggregate, 0) if aggregate is not None else 0
        left = sorted((w for w in waiting if w.status == "parked"), key=lambda w: w.read.version or 0)
        course = _Course(last, left, fates={w.parked_id: Fate(w.status, None, None) for w in waiting})
        while True:
            await self._try_again(conn, course)
            discard = _next_discard(course)
            if discard is None:
                break
            _pass_over(course, discard)
        if aggregate is not None and course.last > last:
            await self._store.store_versions(conn, {aggregate: course.last})
        return course

    async def _try_again(self, conn: AsyncConnection, course: _Course) -> None:
        """Apply what can be applied in order of version, except what is to be discarded."""
        tried = [w for w in course.left if w.action != _DISCARD]
        versions = {w.read.aggregate_id: course.last for w in tried if w.read.aggregate_id is not None}
        verdict = judge([w.read for w in tried], versions)
        result = await apply_each(conn, verdict, apply=self._apply, group=self._group)
        accepted = {r.record.parked_id for r in result.accept}
        parked = {p.read.record.parked_id: p for p in result.park}
        for each in tried:
            course.fates[each.parked_id] = _fate(each.parked_id in accepted, parked.get(each.parked_id))
        course.last = max((*result.versions.values(), course.last))
        course.applied += result.events
        course.left = [w for w in course.left if course.fates[w.parked_id].status == "parked"]

    async def _give_up(self, target: Target, error: Exception) -> None:
        """Note that a request failed in a way that would fail again, so that it isn't tried for ever."""
        _log.error("parked_request_failed", group=self._group, error=type(error).__name__)
        detail = f"the attempt raised {type(error).__name__}"
        async with self._engine.begin() as conn:
            waiting = await store.lock(conn, target, group=self._group)
            await store.settle(conn, waiting, [Fate(w.status, None, None) for w in waiting])
            await store.note(conn, [(w.action_id, "still_parked", detail) for w in waiting if w.action_id is not None])


def _fate(accepted: bool, parked: Parked | None) -> Fate:
    if accepted:
        return Fate("applied", None, None)
    if parked is None:
        return Fate("superseded", None, None)
    return Fate("parked", parked.reason.value, parked.detail)


def _next_discard(course: _Course) -> Waiting | None:
    """Return an event to discard whose turn it is: the version awaited, an older one, or one without a version."""
    for each in course.left:
        version = each.read.version
        if each.action == _DISCARD and (
            each.read.aggregate_id is None or version is None or version <= course.last + 1
        ):
            return each
    return None


def _pass_over(course: _Course, discard: Waiting) -> None:
    course.left = [w for w in course.left if w is not discard]
    course.fates[discard.parked_id] = Fate("discarded", None, None)
    version = discard.read.version
    if discard.read.aggregate_id is None or version is None or version <= course.last:
        return
    # Another record of the same version may still be the good one, and is tried before the version is given up.
    if not any(w.read.version == version for w in course.left):
        course.last = version


def _outcomes(waiting: Sequence[Waiting], fates: dict[int, Fate]) -> list[tuple[int, str, str]]:
    found = []
    for each in waiting:
        if each.action_id is None:
            continue
        fate = fates[each.parked_id]
        if fate.status != "parked":
            found.append((each.action_id, fate.status, ""))
        elif each.action == _DISCARD:
            found.append((each.action_id, "refused", "an earlier version is awaited: discard or republish that first"))
        else:
            found.append((each.action_id, "still_parked", f"{fate.reason}: {fate.detail}"))
    return found
