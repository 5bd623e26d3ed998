"""Moments and days as clients write them: in words, and on earth."""

import re
from datetime import UTC, date, datetime
from typing import Final

from pydantic_core import PydanticCustomError

_BEGINS_WITH_A_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def in_words(value: object) -> object:
    """Refuse a moment or day that is not written as RFC 3339 has it."""
    # Pydantic reads numbers, in a text too, as seconds since 1970, which no client of this API means.
    if not isinstance(value, date) and not (isinstance(value, str) and _BEGINS_WITH_A_DAY.match(value)):
        raise PydanticCustomError("not_in_words", "is to be a text in RFC 3339 form")
    return value


def on_earth(moment: datetime) -> datetime:
    """Refuse a moment that is none in UTC."""
    # An offset can take the first and the last days that there are out of reach.
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("moment_out_of_range", "is no moment between the years 1 and 9999 in UTC") from None
    return moment
