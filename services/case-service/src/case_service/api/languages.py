"""In which language a caller reads: as the query says, else as ``Accept-Language`` does (RFC 9110), else bokmål."""

from typing import Annotated, Final

from fastapi import Header, Query

from case_service.domain.labels import Language

_SPOKEN: Final = {"nb": Language.NB, "no": Language.NB, "nn": Language.NB, "en": Language.EN, "*": Language.NB}


async def _language(
    lang: Annotated[Language | None, Query(description="Of the sentences; else as `Accept-Language` says.")] = None,
    accept_language: Annotated[str, Header(max_length=200)] = "",
) -> Language:
    if lang is not None:
        return lang
    wished = sorted((_wish(part) for part in accept_language.split(",")), key=lambda wish: -wish[1])
    return next((_SPOKEN[tag] for tag, weight in wished if weight > 0 and tag in _SPOKEN), Language.NB)


def _wish(part: str) -> tuple[str, float]:
    """Return the main language of one wish and its weight; a weight that can't be read counts nothing."""
    tag, _, weight = part.partition(";")
    number = weight.strip().removeprefix("q=")
    try:
        return tag.strip().lower().partition("-")[0], float(number) if weight else 1.0
    except ValueError:
        return "", 0.0


ReadIn = _language
"""The dependency that gives a route the language."""
