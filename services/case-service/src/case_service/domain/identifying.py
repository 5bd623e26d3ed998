"""What in a text may point to somebody: numbers that are refused, patterns that warn, and words taken from the case.

The patterns help a person who reviews; that none was found does not say that a text points to nobody [a].
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

WORDS_IN_COMMON: Final = 8
"""How many words in a row make a text a copy [a]."""


class Sign(StrEnum):
    """What may point to somebody."""

    PHONE_NUMBER = "phone_number"
    EMAIL_ADDRESS = "email_address"
    LINK = "link"
    HANDLE = "handle"
    STREET_ADDRESS = "street_address"
    DATE = "date"
    FEW_ALIKE = "few_alike"
    """So few cases have the codes of the example that the codes alone may point to one."""


_NUMBER: Final = r"(?<!\d)\d(?:[\s./-]{0,2}\d){%s}(?!\d)"
_ELEVEN_DIGITS: Final = re.compile(_NUMBER % "10")
_MONTHS: Final = (
    "januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember|"
    "january|february|march|may|june|july|october|december"
)
_ENDINGS: Final = "veien|vegen|veg|vei|gata|gaten|gate|allé|alleen|plassen|plass|torget|torg|stien|bakken|svingen|kaia"
_SIGNS: Final[Mapping[Sign, re.Pattern[str]]] = MappingProxyType(
    {
        Sign.PHONE_NUMBER: re.compile(_NUMBER % "7,14"),
        Sign.EMAIL_ADDRESS: re.compile(r"[^\s@]+@[^\s@]+\.\w+"),
        Sign.LINK: re.compile(r"\w+://|\bwww\.|\b[\w-]+\.(?:no|com|org|net|io|me|se|dk|eu)\b", re.IGNORECASE),
        Sign.HANDLE: re.compile(r"(?<![\w@.])@\w{2,}"),
        Sign.STREET_ADDRESS: re.compile(rf"\b\w*(?:{_ENDINGS})\s+\d+", re.IGNORECASE),
        Sign.DATE: re.compile(
            rf"\b\d{{1,2}}\s*[./-]\s*\d{{1,2}}\s*[./-]\s*\d{{2,4}}\b|\b\d{{4}}-\d{{1,2}}-\d{{1,2}}\b"
            rf"|\b\d{{1,2}}\.?\s*(?:{_MONTHS})\b|\b(?:{_MONTHS})\s+\d{{1,4}}\b",
            re.IGNORECASE,
        ),
    }
)


def holds_identity_number(text: str) -> bool:
    """Return whether eleven digits stand in a row, however they are grouped.

    So are national identity numbers and D-numbers written; their check digits are not asked, since a mistyped one is
    somebody's too, and account numbers are as long.
    """
    return _ELEVEN_DIGITS.search(_plain(text)) is not None


def signs_in(text: str) -> frozenset[Sign]:
    """Return what in a text may point to somebody."""
    plain = _plain(text)
    return frozenset(sign for sign, pattern in _SIGNS.items() if pattern.search(plain))


def is_copied(text: str, *, from_texts: Iterable[str], names: Iterable[str]) -> bool:
    """Return whether a text takes its words from other texts, as a whole or in part, or holds one of the names."""
    words = _words(text)
    runs = _runs(words)
    return any(_holds(words, _words(name)) for name in names) or any(
        words == other or not runs.isdisjoint(_runs(other)) for other in map(_words, from_texts)
    )


def _plain(text: str) -> str:
    # Digits of other scripts and in other widths count as digits; what can't be seen does not part them.
    normal = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return "".join("-" if unicodedata.category(char) == "Pd" else char for char in normal)


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", _plain(text).casefold()))


def _runs(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(words[at : at + WORDS_IN_COMMON] for at in range(len(words) - WORDS_IN_COMMON + 1))


def _holds(words: tuple[str, ...], name: tuple[str, ...]) -> bool:
    return bool(name) and any(words[at : at + len(name)] == name for at in range(len(words)))
