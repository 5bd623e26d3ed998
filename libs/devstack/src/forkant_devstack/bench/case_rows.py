"""Cases as another system would hand them over: invented ones, for loads; the same numbers give the same cases."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

DISTRICTS: Final = (
    "oslo", "ost", "innlandet", "sor-ost", "agder", "sor-vest", "vest", "more-og-romsdal", "trondelag", "nordland",
    "troms", "finnmark",
)  # fmt: skip
_WORDS: Final = (
    "uro", "skole", "slagsmål", "torget", "ungdom", "foreldremøte", "kjøpesenter", "bilder", "deling", "trusler",
    "samtale", "kveld", "helg", "bussholdeplass", "parken", "gjeng", "rus", "nettprat", "skadeverk", "barnevern",
    "bekymring", "fravær", "nabolag", "stasjon", "butikk", "elev", "lærer", "svindel", "eldre", "oppfølging",
)  # fmt: skip
_THEMES: Final = ("drugs", "violence", "fraud", "vandalism")
_AGES: Final = ("under_15", "15_17", "18_24")
_LONGEST_AGO: Final = timedelta(days=1400)
_OFFICERS: Final = 200
_EACH_CONFIDENTIAL: Final = 50
_EACH_RARE: Final = 12_000
_VOCABULARY: Final = 20_000


def case_rows(
    count: int, *, first: int = 0, source: str = "load", units: Sequence[str] = DISTRICTS
) -> Iterator[dict[str, Any]]:
    """Yield rows from the number ``first`` on: one case in fifty is confidential, each has one of 200 officers."""
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(first, first + count):
        # Where and about what is spread evenly; what else a case says is drawn for each by itself.
        chance = Random(number)  # noqa: S311 - invented data
        unit = units[number % len(units)]
        person = chance.random() < 0.7  # noqa: PLR2004 - most cases are about somebody
        theme = "radicalisation" if number % _EACH_RARE < len(units) else chance.choice(_THEMES)
        officer = chance.randrange(_OFFICERS)
        yield {
            "case_type": "person" if person else chance.choice(("group", "place", "phenomenon")),
            "theme": theme,
            "age_band": chance.choice(_AGES) if person else "not_applicable",
            "subject_category": "at_risk" if person else "not_applicable",
            "purpose_code": "prevent_crime",
            "legal_basis": "police_act",
            "title": _text(chance, 4).capitalize(),
            "description": _text(chance, 9).capitalize() + ".",
            "level": 2 if number % _EACH_CONFIDENTIAL == 0 else 1,
            "unit": unit,
            "case_owner": f"officer{officer or ''}-{unit}",
            "opened_at": (now - _LONGEST_AGO * chance.random()).isoformat(),
            "source_reference": f"{source}/{number}",
        }


def ndjson(rows: Iterator[dict[str, Any]]) -> bytes:
    """Return rows as the import takes them."""
    return b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)


def _text(chance: Random, length: int) -> str:
    # Some words are everywhere, most are seldom, as in what people write.
    return " ".join(
        chance.choice(_WORDS) if chance.random() < 0.7 else f"ord{int(_VOCABULARY ** chance.random())}"  # noqa: PLR2004
        for _ in range(length)
    )
