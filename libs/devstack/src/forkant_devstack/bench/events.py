"""Made-up events as the case service publishes them: whole lives of cases, many under way at once."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from forkant_contracts import Event, EventData
from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseType,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    LegalBasis,
    MeasureKind,
    ProtectiveFactor,
    PurposeCode,
    RiskFactor,
    SubjectCategory,
    Theme,
)
from forkant_contracts.events import case, concern, follow_up, measure
from forkant_contracts.units import CASE_UNITS
from forkant_kit.db import new_id

_UNDER_WAY: Final = 400
_SOURCE: Final = "urn:forkant:case-service"
_THEMES: Final = (Theme.VIOLENCE, Theme.DRUGS)
_AGES: Final = (AgeBand.UNDER_15, AgeBand.FROM_15_TO_17)


def events(count: int, *, seed: int = 1) -> list[Event]:
    """Return that many events; the same seed gives the same sequence, with other ids."""
    chance = random.Random(seed)  # noqa: S311  a load, no secret
    lives = [_life(chance) for _ in range(_UNDER_WAY)]
    made: list[Event] = []
    while len(made) < count:
        place = chance.randrange(len(lives))
        event = next(lives[place], None)
        if event is None:
            lives[place] = _life(chance)
        else:
            made.append(event)
    return made


def _life(chance: random.Random) -> Iterator[Event]:
    """Yield what happens to a concern in one life of five, and to a case in the others."""
    unit = chance.choice(CASE_UNITS)
    at = datetime.now(UTC) - timedelta(days=chance.randrange(60, 400))
    aggregate = new_id()
    course = _of_concern(chance) if chance.random() < 1 / 5 else _of_case(chance)
    for version, data in enumerate(course, start=1):
        at += timedelta(hours=chance.randrange(1, 72))
        yield Event(
            id=new_id(),
            source=_SOURCE,
            aggregate_id=aggregate,
            aggregate_version=version,
            unit=unit,
            occurred_at=at,
            recorded_at=datetime.now(UTC),
            data=data,
            traceparent=f"00-{chance.getrandbits(128):032x}-{chance.getrandbits(64):016x}-00",
        )


def _of_concern(chance: random.Random) -> Iterator[EventData]:
    yield concern.ConcernReceived(
        source=ConcernSource.SCHOOL, theme=chance.choice(_THEMES), age_band=chance.choice(_AGES)
    )
    yield concern.ConcernDecided(outcome=ConcernOutcome.DISMISSED)


def _of_case(chance: random.Random) -> Iterator[EventData]:
    yield case.CaseOpened(
        case_type=CaseType.PERSON,
        theme=chance.choice(_THEMES),
        age_band=chance.choice(_AGES),
        subject_category=SubjectCategory.AT_RISK,
        purpose_code=PurposeCode.PREVENT_CRIME,
        legal_basis=LegalBasis.POLICE_ACT,
    )
    yield case.CaseAssessmentStarted()
    yield case.CaseAssessed(
        risk_factors=tuple(RiskFactor)[:2], protective_factors=tuple(ProtectiveFactor)[:1], child_view_recorded=True
    )
    yield case.CasePlanned(goals=2, goals_with_baseline=1)
    yield case.CasePlanApproved(goals=2, goals_with_baseline=1)
    for first in (True, False):
        yield from _of_measure(new_id(), chance, first=first)
    held = new_id()
    yield follow_up.FollowUpScheduled(follow_up_id=held, due_on=_day(chance))
    yield follow_up.FollowUpHeld(follow_up_id=held)
    yield case.CaseFollowedUp()
    yield case.CaseEvaluationStarted()
    yield case.CaseEvaluated(effect=Effect.ACHIEVED)
    yield case.CaseClosed(reason=CloseReason.EVALUATED, evaluated=True)


def _of_measure(measure_id: UUID, chance: random.Random, *, first: bool) -> Iterator[EventData]:
    yield measure.MeasurePlanned(
        measure_id=measure_id, kind=MeasureKind.HOME_VISIT, arena=Arena.PHYSICAL, due_on=_day(chance)
    )
    yield measure.MeasureStarted(measure_id=measure_id)
    if first:
        yield case.CaseActivated()
    yield measure.MeasureCompleted(measure_id=measure_id)


def _day(chance: random.Random) -> date:
    return (datetime.now(UTC) + timedelta(days=chance.randrange(7, 60))).date()
