"""The words of messages, in every language: the one source for the inbox and for letters.

A text names the kind and the unit and nothing else: whoever may read the case follows the id in the entry.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from forkant_contracts.units import UNITS

from notification_service.domain.happenings import district_of
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.texts import en, nb, nn

WORDING: Final = "6"
"""Version of all the words that people are sent, the frames of letters among them; raised with each change."""

_UNIT_ID: Final = re.compile(r"[a-z][a-z-]{1,30}(?:/gde-[a-z0-9-]{1,40})?")
_TEXTS: Final[Mapping[Language, Mapping[Kind, tuple[str, str]]]] = MappingProxyType(
    {Language.NB: nb.TEXTS, Language.NN: nn.TEXTS, Language.EN: en.TEXTS}
)
_SOME_UNIT: Final = MappingProxyType({Language.NB: "en enhet", Language.NN: "ei eining", Language.EN: "a unit"})


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in each language."""

    nb: str
    nn: str
    en: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is read."""

    title: Wording
    text: Wording


def unit_name(unit: str, language: Language) -> str:
    """Return what a unit is called: of a part its district's name, its id when it came after this release.

    What is no unit's id at all is not repeated.
    """
    known = UNITS.get(district_of(unit))
    if known is not None:
        return {Language.NB: known.name_nb, Language.NN: known.name_nn, Language.EN: known.name_en}[language]
    return unit if _UNIT_ID.fullmatch(unit) else _SOME_UNIT[language]


def told(kind: Kind, unit: str, language: Language) -> tuple[str, str]:
    """Return title and text of a message of this kind to the people of a unit."""
    title, text = _TEXTS[language][kind]
    return title, text.format(unit=unit_name(unit, language))


def message(kind: Kind, unit: str) -> Message:
    """Return what a message of this kind says to the people of a unit, in every language."""
    words = {language.value: told(kind, unit, language) for language in Language}
    return Message(
        Wording(**{language: title for language, (title, _) in words.items()}),
        Wording(**{language: text for language, (_, text) in words.items()}),
    )
