"""Reading what is behind a figure: windows of facts, each one question to the case service, until a page is full.

No transaction is open while the case service is asked. What is shown is written down last, case by case, before it is
sent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from forkant_contracts.visibility import MOST_ASKED, VisibilityQuestion
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.db import transaction
from forkant_kit.freshness import Freshness, read_freshness

from indicator_service import audit_names, generations
from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cells import cells_of
from indicator_service.aggregation.contributions import Contribution, contribution_of, metrics_behind
from indicator_service.aggregation.facts import Fact
from indicator_service.aggregation.snapshot import Reader
from indicator_service.api.cases_documents import Kind
from indicator_service.api.dependencies import Dependencies
from indicator_service.api.trail import PURPOSE
from indicator_service.definitions import Version
from indicator_service.definitions.models import OF_CONCERNS
from indicator_service.policy import READ_CASES_BEHIND
from indicator_service.queries_behind import BEFORE_ALL, facts_behind
from indicator_service.queries_goals import goals_of
from indicator_service.row_security import looking_behind

WINDOW: Final = 1_000
"""How many facts are looked at with one question to the case service."""
MOST_WINDOWS: Final = 10
"""How many windows are looked at for one page."""
assert WINDOW <= MOST_ASKED  # noqa: S101 - of two constants

Found = tuple[UUID, Contribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a list goes on: after which id, of the facts of which generation."""

    after: UUID
    generation: int | None

    @classmethod
    def begin(cls) -> "Position":
        """Return the place before everything."""
        return cls(after=BEFORE_ALL, generation=None)

    @classmethod
    def read(cls, written: Any) -> "Position":
        """Read what a cursor holds."""
        return cls(after=UUID(written[0]), generation=written[1])

    def written(self) -> list[Any]:
        """Return what a cursor is to hold."""
        return [str(self.after), self.generation]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesAsked:
    """Behind which figure somebody looks."""

    number: int
    version: Version
    unit: str
    period: Period
    reader: Reader
    limit: int

    @property
    def kind(self) -> Kind:
        """Whether it counts cases or concerns."""
        return "concern" if metrics_behind(self.version) <= OF_CONCERNS else "case"


async def read_cases(
    deps: Dependencies, request: Request, asked: CasesAsked, at: Position
) -> tuple[Sequence[Found], Position | None, Freshness]:
    """Return what the caller may see behind a figure, where the list goes on, and how fresh it is.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """
    found: list[Found] = []
    following: Position | None = at
    for _ in range(MOST_WINDOWS):
        assert following is not None  # noqa: S101 - the loop ends where it is
        window, goals, generation = await _window(deps, asked, following)
        visible = await _visible(deps, request, asked, window, goals)
        full = len(window) == WINDOW
        following = Position(after=window[-1][0], generation=generation) if full else None
        found += visible
        if following is None or len(found) > asked.limit:
            break
    if len(found) > asked.limit:
        found = found[: asked.limit]
        following = Position(after=found[-1][0], generation=generation)
    async with transaction(deps.engine, looking_behind(asked.reader, unit=asked.unit)) as conn:
        freshness = await read_freshness(conn, group=generations.group_of(generation))
        await trail_of(request).record(conn, _entry(asked, found))
    return found, following, freshness


async def _window(
    deps: Dependencies, asked: CasesAsked, at: Position
) -> tuple[list[tuple[UUID, Fact]], frozenset[str], int]:
    async with transaction(deps.engine, looking_behind(asked.reader, unit=asked.unit)) as conn:
        generation = at.generation or await generations.live(conn)
        window = await facts_behind(
            conn,
            concerns=asked.kind == "concern",
            generation=generation,
            district=asked.unit,
            after=at.after,
            most=WINDOW,
        )
        goals = await goals_of(conn, asked.unit, asked.period.counted_until)
    return window, goals, generation


async def _visible(
    deps: Dependencies,
    request: Request,
    asked: CasesAsked,
    window: Sequence[tuple[UUID, Fact]],
    goals: Collection[str],
) -> list[Found]:
    counted = [(key, contribution_of(cells_of(fact), asked.version, asked.period, goals=goals)) for key, fact in window]
    counted = [(key, contribution) for key, contribution in counted if contribution]
    if not counted:
        return []
    ids = tuple(key for key, _ in counted)
    question = VisibilityQuestion(cases=ids) if asked.kind == "case" else VisibilityQuestion(concerns=ids)
    answer = await deps.case_service.visible(question, authorization=request.headers["authorization"])
    seen = {*(answer.cases if asked.kind == "case" else answer.concerns)}
    return [(key, contribution) for key, contribution in counted if key in seen]


def _entry(asked: CasesAsked, found: Sequence[Found]) -> Entry:
    figure = audit_names.shown(units=[asked.unit], period=asked.period, indicator=asked.number)
    return Entry(
        action=READ_CASES_BEHIND,
        object_kind=asked.kind,
        object_ids=(*figure, *(key for key, _ in found)),
        purpose=PURPOSE.value,
    )
