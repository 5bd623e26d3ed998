"""Invented places and plain sentences for the demo's free-text fields."""

from collections.abc import Mapping
from random import Random
from typing import Final

from forkant_contracts.codes import CaseType, Theme

_PLACES: Final = (
    "Bruløkka",
    "Elvetunet",
    "Fjordgløtt",
    "Furuvik",
    "Granholt",
    "Havnevik",
    "Klokkehaugen",
    "Lyktetunet",
    "Lysnesvik",
    "Midtunvika",
    "Seljebekken",
    "Skarvtangen",
    "Solbrekka",
    "Storåsvika",
    "Tåkedalen",
    "Tverrlia",
    "Ulvetoppen",
    "Vindhella",
)

_SUBJECTS: Final[Mapping[Theme, str]] = {
    Theme.VIOLENCE: "Fights and threats",
    Theme.DRUGS: "Use and sale of drugs",
    Theme.THEFT: "Repeated thefts",
    Theme.VANDALISM: "Vandalism",
    Theme.SEXUAL_OFFENCES: "Risk of sexual offences",
    Theme.IMAGE_SHARING: "Sharing of intimate images",
    Theme.DOMESTIC_VIOLENCE: "Concern about violence at home",
    Theme.RADICALISATION: "Signs of radicalisation",
    Theme.HATE_CRIME: "Hateful threats",
    Theme.FRAUD: "Attempts at fraud",
    Theme.CYBERCRIME: "Intrusion and extortion on the net",
    Theme.ORGANISED_CRIME: "Recruitment to a criminal network",
    Theme.TRAFFIC: "Dangerous driving",
    Theme.ENVIRONMENT: "Illegal dumping",
    Theme.OTHER: "Unrest",
}

_ABOUT: Final[Mapping[CaseType, str]] = {
    CaseType.PERSON: "about one person",
    CaseType.GROUP: "around a group",
    CaseType.PLACE: "at one place",
    CaseType.PHENOMENON: "as a pattern over time",
    CaseType.ONLINE_COMMUNITY: "in an online community",
}

GOALS: Final = (
    ("Fewer new incidents", "{n} in three months", "at most {m} in three months"),
    ("Steady contact with an adult outside the circle", "none", "once a week"),
    ("Partners meet and share tasks", "no meeting", "one a month"),
)
"""Goals with their baseline and target; {n} and {m} are drawn."""


def subject_code(rng: Random) -> str:
    """Return a pseudonym such as «Subject K-014»."""
    return f"Subject {rng.choice('BDFHKLMNPRST')}-{rng.randrange(1, 1000):03d}"


def title(rng: Random, theme: Theme) -> str:
    """Return the title of a case or concern at an invented place."""
    return f"{_SUBJECTS[theme]}, {rng.choice(_PLACES)}"


def description(theme: Theme, case_type: CaseType) -> str:
    """Return a sentence about the matter."""
    return f"Made up for the demo: {_SUBJECTS[theme].lower()} {_ABOUT[case_type]}, reported more than once."
