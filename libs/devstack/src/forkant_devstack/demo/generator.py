"""Writes scripts by chance: the same seed, number and day give the same scripts."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseType,
    ConcernOutcome,
    ConcernSource,
    PurposeCode,
    SubjectCategory,
    Theme,
)

from forkant_devstack.demo import profiles, texts
from forkant_devstack.demo.course import write_course
from forkant_devstack.demo.profiles import UNIT_WEIGHTS, UnitProfile
from forkant_devstack.demo.reference import Reference
from forkant_devstack.demo.script import Matter, Script
from forkant_devstack.demo.writer import CaseWriter

SPAN_DAYS: Final = 440
"""How far back cases begin: further than a year, so that the last twelve months also see cases end from the start."""

_FROM_CONCERN: Final = 0.7
_OSLO: Final = ZoneInfo("Europe/Oslo")
_T = TypeVar("_T")


def pick(rng: Random, weights: Mapping[_T, int]) -> _T:
    """Draw one key by its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def generate(*, cases: int, seed: int, now: datetime, reference: Reference) -> list[Script]:
    """Return the scripts of ``cases`` cases and of the concerns that became none, oldest first."""
    scripts: list[Script] = []
    for unit, count in profiles.shares(cases, UNIT_WEIGHTS).items():
        profile = profiles.profile_of(unit, seed=seed)
        rng = Random(f"{seed}:{unit}")  # noqa: S311 - a demo is to repeat, not to be secret
        from_concern = round(count * _FROM_CONCERN)
        for number in range(count):
            start = _past_moment(rng, now)
            scripts.append(_case(rng, unit, profile, reference, start=start, from_concern=number < from_concern))
        unfounded = round(from_concern * (1 - profile.to_case) / profile.to_case)
        scripts.extend(_concern_only(rng, unit, profile, reference, _past_moment(rng, now)) for _ in range(unfounded))
    return sorted(scripts, key=lambda script: (script.steps[0].at, script.unit, script.label))


def endless(*, seed: int, reference: Reference, start: datetime) -> Iterator[Script]:
    """Yield scripts that begin at ``start``, for as long as somebody plays them."""
    rng = Random(f"{seed}:live")  # noqa: S311 - a demo is to repeat, not to be secret
    profile_by_unit = {unit: profiles.profile_of(unit, seed=seed) for unit in UNIT_WEIGHTS}
    while True:
        unit = pick(rng, UNIT_WEIGHTS)
        profile = profile_by_unit[unit]
        if rng.random() < profile.to_case:
            yield _case(rng, unit, profile, reference, start=start, from_concern=rng.random() < _FROM_CONCERN)
        else:
            yield _concern_only(rng, unit, profile, reference, start)


def _case(
    rng: Random, unit: str, profile: UnitProfile, reference: Reference, *, start: datetime, from_concern: bool
) -> Script:
    matter = _matter(rng, unit, reference)
    writer = CaseWriter(label="case", unit=unit, now=start)
    if from_concern:
        writer.report(matter, _source(rng, matter))
        writer.wait(hours=_around(rng, profile.decision_hours))
        writer.decide(ConcernOutcome.CASE, matter=matter)
    else:
        writer.open(matter)
    write_course(rng, writer, matter, profile=profile, reference=reference)
    return writer.script()


def _concern_only(rng: Random, unit: str, profile: UnitProfile, reference: Reference, start: datetime) -> Script:
    matter = _matter(rng, unit, reference)
    writer = CaseWriter(label="concern", unit=unit, now=start)
    writer.report(matter, _source(rng, matter))
    writer.wait(hours=_around(rng, profile.decision_hours))
    writer.decide(pick(rng, {ConcernOutcome.DISMISSED: 6, ConcernOutcome.REFERRED: 4}))
    return writer.script()


def _around(rng: Random, centre: float) -> float:
    # Most decisions come fast and a few take weeks: a log-normal with its median at the centre.
    return min(centre * rng.lognormvariate(0, 0.7), 24 * 60)


def _past_moment(rng: Random, now: datetime) -> datetime:
    weights = [profiles.MONTH_WEIGHTS[(now - timedelta(days=ago)).month - 1] for ago in range(1, SPAN_DAYS + 1)]
    weekday_only = [
        weight if (now - timedelta(days=ago)).weekday() < 5 else weight // 5  # noqa: PLR2004 - Saturday
        for ago, weight in enumerate(weights, start=1)
    ]
    ago = rng.choices(range(1, SPAN_DAYS + 1), weights=weekday_only)[0]
    hour = pick(rng, profiles.HOUR_WEIGHTS)
    local = (now - timedelta(days=ago)).astimezone(_OSLO)
    return local.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)


def _matter(rng: Random, unit: str, reference: Reference) -> Matter:
    theme, case_type = pick(rng, profiles.themes_of(unit)), pick(rng, profiles.types_of(unit))
    digital = rng.random() < profiles.DIGITAL_SHARE.get(theme, 0)
    person = case_type is CaseType.PERSON
    age_band = _age_band(rng, theme) if person else AgeBand.NOT_APPLICABLE
    municipalities = reference.municipalities.get(unit, ())
    return Matter(
        case_type=case_type,
        theme=theme,
        title=texts.title(rng, theme),
        description=texts.description(theme, case_type),
        age_band=age_band,
        subject_category=_category(rng, theme) if person else SubjectCategory.NOT_APPLICABLE,
        purpose_code=PurposeCode.PROTECT_CHILD if age_band is AgeBand.UNDER_15 else PurposeCode.PREVENT_CRIME,
        arena=Arena.DIGITAL if digital else Arena.PHYSICAL,
        subject=texts.subject_code(rng) if person else None,
        municipality_number=rng.choice(municipalities) if municipalities else None,
    )


def _age_band(rng: Random, theme: Theme) -> AgeBand:
    if theme in {Theme.FRAUD, Theme.TRAFFIC, Theme.ORGANISED_CRIME, Theme.ENVIRONMENT}:
        return pick(rng, {AgeBand.FROM_15_TO_17: 2, AgeBand.FROM_18_TO_24: 5, AgeBand.FROM_25: 5})
    return pick(rng, {AgeBand.UNDER_15: 6, AgeBand.FROM_15_TO_17: 10, AgeBand.FROM_18_TO_24: 5, AgeBand.FROM_25: 2})


def _category(rng: Random, theme: Theme) -> SubjectCategory:
    if theme is Theme.DOMESTIC_VIOLENCE:
        return pick(rng, {SubjectCategory.VICTIM: 5, SubjectCategory.SUSPECTED: 3, SubjectCategory.AT_RISK: 2})
    return pick(rng, {SubjectCategory.AT_RISK: 7, SubjectCategory.SUSPECTED: 3, SubjectCategory.CONVICTED: 1})


def _source(rng: Random, matter: Matter) -> ConcernSource:
    return ConcernSource.ONLINE_PATROL if matter.arena is Arena.DIGITAL else pick(rng, profiles.SOURCES)
