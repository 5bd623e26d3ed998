"""Reading why a figure changed: from the journal, of single cases what the case service says the caller may see."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from forkant_contracts.visibility import MOST_ASKED, VisibilityQuestion
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.db import transaction
from forkant_kit.freshness import read_freshness

from indicator_service import audit_names, journal
from indicator_service.aggregation.contributions import Contribution, contribution_of, metrics_behind
from indicator_service.aggregation.moves import Figured, History, Move, moves_of, total_of
from indicator_service.aggregation.snapshot import Reader
from indicator_service.api.cases_documents import Kind
from indicator_service.api.changes_documents import Change, EventChange, FigureChanges, TypeChange
from indicator_service.api.dependencies import Dependencies
from indicator_service.api.models import PeriodDocument
from indicator_service.api.trail import PURPOSE
from indicator_service.definitions.models import OF_CONCERNS
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import READ_CASES_BEHIND
from indicator_service.queries_goals import goals_of
from indicator_service.row_security import looking_behind

MOST: Final = 1_000
"""Of how many cases or concerns the events are looked at."""
assert MOST <= MOST_ASKED  # noqa: S101 - of two constants


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesAsked:
    """Whose figure, between which moments, and who asks."""

    number: int
    figured: Figured
    since: datetime
    until: datetime
    reader: Reader

    @property
    def kind(self) -> Kind:
        """Whether it counts cases or concerns."""
        return "concern" if metrics_behind(self.figured.version) <= OF_CONCERNS else "case"


async def read_changes(deps: Dependencies, request: Request, asked: ChangesAsked) -> FigureChanges:
    """Return what moved a figure, and write down which cases are shown.

    Raises:
        Refusal: ``too-many-changes``, ``not-kept``.
        ProblemError: 503, nobody says what the caller may see.
    """
    found, goals = await _histories(deps, asked)
    figured = replace(asked.figured, goals=goals)
    whole = [history for history in found if history.whole]
    moves = [move for history in whole for move in moves_of(history, figured, since=asked.since, until=asked.until)]
    moves.sort(key=lambda move: (move.event.recorded_at, move.event.id))
    seen = await _seen(deps, request, asked, {move.event.aggregate_id for move in moves})
    shown = [move for move in moves if move.event.aggregate_id in seen]
    async with transaction(deps.engine, looking_behind(asked.reader, unit=asked.figured.unit)) as conn:
        freshness = await read_freshness(conn, group=journal.GROUP)
        await trail_of(request).record(conn, _entry(asked, seen))
    return FigureChanges(
        number=asked.number,
        unit=asked.figured.unit,
        period=PeriodDocument.of(asked.figured.period),
        definition_version=asked.figured.version.version,
        since=asked.since,
        until=asked.until,
        total=Change(**_written(total_of(moves) or _nothing(asked))),
        by_type=tuple(_by_type(moves)),
        events=tuple(_event(move, asked.kind) for move in shown),
        not_kept=len(found) - len(whole),
        as_of=freshness.now,
        watermark=freshness.watermark,
        seconds_behind=freshness.seconds_behind,
    )


async def _histories(deps: Dependencies, asked: ChangesAsked) -> tuple[list[History], frozenset[str]]:
    async with transaction(deps.engine, looking_behind(asked.reader, unit=asked.figured.unit)) as conn:
        kept = await journal.kept_since(conn)
        if kept is None or kept > asked.since:
            facts = {} if kept is None else {"kept_since": kept.isoformat()}
            raise Refusal(Code.NOT_KEPT, **facts)
        found = await journal.histories(
            conn,
            district=asked.figured.unit,
            since=asked.since,
            until=asked.until,
            concerns=asked.kind == "concern",
            most=MOST,
        )
        goals = await goals_of(conn, asked.figured.unit, asked.figured.period.counted_until)
    if len(found) > MOST:
        raise Refusal(Code.TOO_MANY_CHANGES, most=MOST)
    return found, goals


async def _seen(deps: Dependencies, request: Request, asked: ChangesAsked, ids: set[UUID]) -> set[UUID]:
    if not ids:
        return set()
    wanted = tuple(sorted(ids))
    question = VisibilityQuestion(cases=wanted) if asked.kind == "case" else VisibilityQuestion(concerns=wanted)
    answer = await deps.case_service.visible(question, authorization=request.headers["authorization"])
    return ids & {*(answer.cases if asked.kind == "case" else answer.concerns)}


def _by_type(moves: Iterable[Move]) -> Iterable[TypeChange]:
    by_type: defaultdict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_type[move.event.type].append(move)
    for name, some in sorted(by_type.items()):
        total = total_of(some)
        if total is not None:
            yield TypeChange(type=name, events=len(some), **_written(total))


def _event(move: Move, kind: Kind) -> EventChange:
    return EventChange(
        id=move.event.id,
        type=move.event.type,
        occurred_at=move.event.occurred_at,
        recorded_at=move.event.recorded_at,
        kind=kind,
        object_id=move.event.aggregate_id,
        **_written(move.change),
    )


def _written(change: Contribution) -> dict[str, Any]:
    return {"numerator": change.numerator, "denominator": change.denominator, "extra": dict(change.extra)}


def _nothing(asked: ChangesAsked) -> Contribution:
    return contribution_of((), asked.figured.version, asked.figured.period)


def _entry(asked: ChangesAsked, seen: Iterable[UUID]) -> Entry:
    figure = audit_names.shown(units=[asked.figured.unit], period=asked.figured.period, indicator=asked.number)
    ids: Sequence[UUID] = sorted(seen)
    return Entry(action=READ_CASES_BEHIND, object_kind=asked.kind, object_ids=(*figure, *ids), purpose=PURPOSE.value)
