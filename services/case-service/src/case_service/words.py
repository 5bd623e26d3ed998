"""Which texts a case is found by, and as what their words are kept: stems blinded for the unit that holds the case.

The database keeps a number for each stem of a text, hashed under a key of the service and bound to the case's unit (see
:mod:`forkant_kit.blind`). What is restricted further than its case, such as information whose last day for
clarification is past, is not found by its words: whoever found the case by them would have read them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from forkant_kit.blind import Blinder
from forkant_kit.vault import DataKey, Vault
from sqlalchemy import Table

from case_service.domain.refusals import Code, Refusal
from case_service.domain.words import words
from case_service.stems import stems_of, stems_sought

FOUND_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "preventive_case": ("title", "subject", "description"),
        "assessment": ("summary", "best_interests", "child_view"),
        "plan": ("summary",),
        "plan_goal": ("text", "baseline", "target"),
        "measure": ("description",),
        "follow_up": ("notes",),
        "evaluation": ("mechanism", "moderators", "implementation", "economics"),
        "partner": ("name",),
        "transfer": ("note",),
        "case_note": ("text",),
    }
)
"""The columns of each table whose words a case is found by."""

MOST_WORDS: Final = 12
"""Words that a search may ask for: each is a look into an index for every case that has those before it."""

_ROW: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "preventive_case": (),
        "assessment": ("round",),
        "plan": ("round",),
        "plan_goal": ("round",),
        "evaluation": ("round",),
    }
)
_BY_ID: Final = ("id",)


class Numbers:
    """The numbers by which words are kept for one unit, each worked out once; to be kept no longer than the texts."""

    def __init__(self, blinder: Blinder, unit: str) -> None:
        """Begin without a word."""
        self._blinder = blinder
        self._unit = unit
        self._known: dict[str, tuple[int, ...]] = {}

    def of(self, texts: Iterable[str | None]) -> list[int]:
        """Return the numbers by which a case with these texts is found, in order."""
        found: set[int] = set()
        for text in texts:
            for word in words(text or ""):
                found.update(self._known.get(word) or self._new(word))
        return sorted(found)

    def _new(self, word: str) -> tuple[int, ...]:
        numbers = tuple(self._blinder.written(stem, context=self._unit) for stem in stems_of(word))
        self._known[word] = numbers
        return numbers


@dataclass(frozen=True, slots=True, repr=False)
class CaseKey(DataKey):
    """The data key of a case, with what blinds the words of its texts for the unit that holds it."""

    blinder: Blinder
    unit: str

    @classmethod
    def of(cls, key: DataKey, vault: Vault, unit: str) -> "CaseKey":
        """Return the key of a case of a unit."""
        return cls(owner_id=key.owner_id, key=key.key, blinder=vault.blinder, unit=unit)

    def words(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> list[int]:
        """Return the numbers by which the case is found for the texts, in clear, of some rows, in order."""
        return Numbers(self.blinder, self.unit).of(row.get(name) for row in rows for name in FOUND_BY[table.name])


@dataclass(frozen=True, slots=True)
class Sought:
    """A word that is looked for: the numbers that may stand for it in each unit."""

    numbers: Mapping[str, Sequence[int]]


def sought(vault: Vault, query: str, units: Mapping[str, Sequence[str]]) -> tuple[Sought, ...]:
    """Return the words of a query, all of which a case is to have; ``units`` says for which others a unit's are kept.

    Raises:
        Refusal: it holds none but stop words, or more than :data:`MOST_WORDS`.
    """
    stems = stems_sought(query)
    if not stems:
        raise Refusal(Code.NOTHING_TO_SEARCH_FOR)
    if len(stems) > MOST_WORDS:
        raise Refusal(Code.TOO_MANY_WORDS, most=str(MOST_WORDS))
    return tuple(Sought({unit: _numbers(vault, stem, units[unit]) for unit in sorted(units)}) for stem in stems)


def _numbers(vault: Vault, stem: str, contexts: Sequence[str]) -> list[int]:
    return [number for context in contexts for number in vault.blinder.sought(stem, context=context)]


def part(table: Table, row: Mapping[str, Any]) -> str:
    """Return what names a text, or the texts that are written anew together, within its case."""
    return "/".join((table.name, *(str(row[name]) for name in _ROW.get(table.name, _BY_ID))))


def by_part(table: Table, rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return rows of one case by the part that they belong to."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parts.setdefault(part(table, row), []).append(row)
    return parts
