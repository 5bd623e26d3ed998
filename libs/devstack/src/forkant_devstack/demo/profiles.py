"""How work differs between units and with the kind of crime: weights that are assumptions, not statistics."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from forkant_contracts.codes import CaseType, ConcernSource, MeasureKind, Theme
from forkant_contracts.units import CASE_UNITS, UNITS

_BODY_WEIGHTS: Final[Mapping[str, int]] = {"kripos": 30, "okokrim": 20, "up": 16, "pu": 12, "phs": 5}

UNIT_WEIGHTS: Final[Mapping[str, int]] = {
    unit: UNITS[unit].population_thousands or _BODY_WEIGHTS[unit] for unit in CASE_UNITS
}
"""Share of all cases by unit: districts by population in thousands, special bodies a few."""

NEIGHBOURS: Final[Mapping[str, str]] = {
    "oslo": "ost",
    "ost": "oslo",
    "innlandet": "ost",
    "sor-ost": "agder",
    "agder": "sor-ost",
    "sor-vest": "vest",
    "vest": "sor-vest",
    "more-og-romsdal": "trondelag",
    "trondelag": "more-og-romsdal",
    "nordland": "troms",
    "troms": "finnmark",
    "finnmark": "troms",
    "kripos": "oslo",
    "okokrim": "oslo",
    "up": "innlandet",
    "pu": "ost",
    "phs": "oslo",
}
"""Where a unit sends a case that belongs elsewhere."""

_DISTRICT_THEMES: Final[Mapping[Theme, int]] = {
    Theme.VIOLENCE: 24,
    Theme.DRUGS: 20,
    Theme.THEFT: 9,
    Theme.VANDALISM: 8,
    Theme.SEXUAL_OFFENCES: 4,
    Theme.IMAGE_SHARING: 7,
    Theme.DOMESTIC_VIOLENCE: 12,
    Theme.RADICALISATION: 3,
    Theme.HATE_CRIME: 2,
    Theme.FRAUD: 5,
    Theme.CYBERCRIME: 2,
    Theme.TRAFFIC: 3,
    Theme.OTHER: 1,
}

_BODY_THEMES: Final[Mapping[str, Mapping[Theme, int]]] = {
    "kripos": {Theme.SEXUAL_OFFENCES: 4, Theme.IMAGE_SHARING: 4, Theme.CYBERCRIME: 5, Theme.ORGANISED_CRIME: 3},
    "okokrim": {Theme.FRAUD: 6, Theme.ENVIRONMENT: 4, Theme.ORGANISED_CRIME: 1},
    "up": {Theme.TRAFFIC: 1},
    "pu": {Theme.ORGANISED_CRIME: 2, Theme.VIOLENCE: 1, Theme.OTHER: 2},
    "phs": {Theme.OTHER: 2, Theme.VIOLENCE: 1, Theme.FRAUD: 1},
}

_DISTRICT_TYPES: Final[Mapping[CaseType, int]] = {
    CaseType.PERSON: 62,
    CaseType.GROUP: 14,
    CaseType.PLACE: 15,
    CaseType.PHENOMENON: 9,
}

_BODY_TYPES: Final[Mapping[str, Mapping[CaseType, int]]] = {
    "kripos": {CaseType.PERSON: 4, CaseType.PHENOMENON: 5, CaseType.GROUP: 2},
    "okokrim": {CaseType.PHENOMENON: 6, CaseType.GROUP: 2},
    "up": {CaseType.PLACE: 6, CaseType.PERSON: 2, CaseType.PHENOMENON: 1},
    "pu": {CaseType.PERSON: 3, CaseType.GROUP: 3, CaseType.PLACE: 1},
    "phs": {CaseType.PHENOMENON: 1},
}

DIGITAL_SHARE: Final[Mapping[Theme, float]] = {
    Theme.IMAGE_SHARING: 0.95,
    Theme.CYBERCRIME: 0.97,
    Theme.SEXUAL_OFFENCES: 0.5,
    Theme.RADICALISATION: 0.6,
    Theme.HATE_CRIME: 0.5,
    Theme.FRAUD: 0.6,
}
"""How often a kind of crime shows in a digital arena; the rest is physical."""

SOURCES: Final[Mapping[ConcernSource, int]] = {
    ConcernSource.SCHOOL: 24,
    ConcernSource.CHILD_WELFARE: 14,
    ConcernSource.GUARDIAN: 10,
    ConcernSource.PATROL: 26,
    ConcernSource.INTELLIGENCE: 8,
    ConcernSource.HEALTH: 5,
    ConcernSource.PUBLIC: 9,
    ConcernSource.BUSINESS: 4,
}
"""Who raises concerns about what happens in a physical arena; the digital ones come from the online patrol."""

MEASURES: Final[Mapping[CaseType, Mapping[MeasureKind, int]]] = {
    CaseType.PERSON: {
        MeasureKind.CONCERN_CONVERSATION: 10,
        MeasureKind.YOUTH_CONTRACT: 4,
        MeasureKind.FOLLOW_UP_TEAM: 3,
        MeasureKind.HOME_VISIT: 3,
        MeasureKind.MEDIATION: 1,
    },
    CaseType.GROUP: {MeasureKind.STREET_PRESENCE: 5, MeasureKind.SCHOOL_TALK: 3, MeasureKind.CONCERN_CONVERSATION: 3},
    CaseType.PLACE: {MeasureKind.SITUATIONAL_MEASURE: 6, MeasureKind.STREET_PRESENCE: 5},
    CaseType.PHENOMENON: {MeasureKind.SCHOOL_TALK: 5, MeasureKind.SITUATIONAL_MEASURE: 4},
}
"""What is done about each type of case in a physical arena; in a digital one the online patrol's dialogue leads."""

MONTH_WEIGHTS: Final = (96, 100, 104, 98, 102, 92, 58, 94, 112, 110, 112, 90)
"""How much is opened from January to December: quiet in July, busy in autumn."""

HOUR_WEIGHTS: Final[Mapping[int, int]] = {7: 1, 8: 5, 9: 8, 10: 9, 11: 7, 12: 6, 13: 8, 14: 6, 15: 3, 16: 1, 20: 1}
"""How much is registered by hour of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProfile:
    """How one unit works; units differ, and a comparison of them shows it."""

    decision_hours: float
    to_case: float
    start_days: float
    evaluates: float
    conforms: float
    planned_in_time: float


def profile_of(unit: str, *, seed: int) -> UnitProfile:
    """Return the unit's profile, the same for the same seed."""
    rng = Random(f"{seed}:profile:{unit}")  # noqa: S311 - a demo is to repeat, not to be secret
    return UnitProfile(
        decision_hours=rng.uniform(14, 70),
        to_case=rng.uniform(0.34, 0.52),
        start_days=rng.uniform(6, 26),
        evaluates=rng.uniform(0.52, 0.96),
        conforms=rng.uniform(0.6, 0.97),
        planned_in_time=rng.uniform(0.7, 0.97),
    )


def themes_of(unit: str) -> Mapping[Theme, int]:
    """Return the weights of the unit's kinds of crime."""
    return _BODY_THEMES.get(unit, _DISTRICT_THEMES)


def types_of(unit: str) -> Mapping[CaseType, int]:
    """Return the weights of the unit's types of case."""
    return _BODY_TYPES.get(unit, _DISTRICT_TYPES)


def shares(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split ``total`` by weight (largest remainder), with at least one each when there is enough for all."""
    least = 1 if total >= len(weights) * 2 else 0
    spread = total - least * len(weights)
    whole = sum(weights.values())
    exact = {key: spread * weight / whole for key, weight in weights.items()}
    result = {key: least + int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (int(exact[key]) - exact[key], key))
    for key in by_remainder[: total - sum(result.values())]:
        result[key] += 1
    return result
