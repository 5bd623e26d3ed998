"""Operational units («driftsenheter»): parts of a district, between days that are ahead when they are said."""

from dataclasses import dataclass
from datetime import date, timedelta

from case_service.domain.refusals import Code, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a unit is called, in three languages."""

    name_nb: str
    name_nn: str
    name_en: str


def check_days(*, begins: date, ends: date | None, today: date, new: bool) -> None:
    """Refuse days that are past: what was there was there.

    Raises:
        Refusal: a new one begins before today, or one ends today, before, or when it begins.
    """
    if new and begins < today:
        raise Refusal(Code.NOT_AHEAD, earliest=today.isoformat())
    earliest = max(begins, today) + timedelta(days=1)
    if ends is not None and ends < earliest:
        raise Refusal(Code.NOT_AHEAD, earliest=earliest.isoformat())
