"""G2, the found side: the figures as the indicator service answers for them."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
from forkant_contracts.units import UNITS

from forkant_devstack.process import DevstackError
from forkant_devstack.verify.recount import NOTHING, Figures
from forkant_devstack.verify.recount_by_day import APART

READER: Final = "pod-analyst"
"""A persona of the directorate, for whom no figure is suppressed."""

_DURATIONS: Final = (2, 4)
_SHARES: Final = (3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 19, 21)
_APART: Final = (
    *((4, name) for name in ("not_started", "ended_without_measure")),
    *((11, name) for name in ("effect_harm", "effect_not_known")),
    *((13, name) for name in APART),
)


class UnreadableFiguresError(DevstackError):
    """The indicator service did not answer with figures; the text says how it answered."""


async def read_figures(http: httpx.AsyncClient, *, unit: str, period: str) -> Figures:
    """Return one unit's figures under the names that the recount uses.

    Raises:
        UnreadableFiguresError: the answer holds no figures, or hides one.
    """
    # Computed from the cells for this answer: what was written for others would not show a cell that was spoilt since.
    headers = {"Cache-Control": "no-cache"}
    answer = await http.get(f"/v1/districts/{unit}/metrics", params={"period": period}, headers=headers)
    if answer.status_code == httpx.codes.NOT_FOUND and unit not in UNITS:
        # Established since this release, and without any figure yet.
        return NOTHING
    if answer.status_code != httpx.codes.OK:
        raise UnreadableFiguresError(f"{answer.url} was answered with {answer.status_code}")
    return figures_of(answer.json())


def figures_of(document: Mapping[str, Any]) -> Figures:
    """Return the figures of a metrics document.

    Raises:
        UnreadableFiguresError: a figure is hidden or missing.
    """
    try:
        by_number = {indicator["number"]: indicator for indicator in document["indicators"]}
        found: dict[str, int | None] = {
            f"counts.{name}": _count(document["counts"][name])
            for name in ("open", "opened", "closed", "concerns_received")
        }
        found["1.numerator"] = _count(by_number[1]["numerator"])
        for number in _DURATIONS:
            found[f"{number}.denominator"] = _count(by_number[number]["denominator"])
            found[f"{number}.median"] = _shown(by_number[number]["median"])
            found[f"{number}.p90"] = _shown(by_number[number]["p90"])
        for number in _SHARES:
            found[f"{number}.numerator"] = _count(by_number[number]["numerator"])
            found[f"{number}.denominator"] = _count(by_number[number]["denominator"])
        for number, name in _APART:
            found[f"{number}.{name}"] = _count(by_number[number]["extra"][name])
    except KeyError as error:
        raise UnreadableFiguresError(f"the metrics of {document.get('unit')} lack {error}") from None
    return found


def _count(figure: Mapping[str, Any] | None) -> int:
    return _shown(figure) or 0


def _shown(figure: Mapping[str, Any] | None) -> int | None:
    if figure is None:
        return None
    if figure["suppressed"]:
        raise UnreadableFiguresError(f"a figure is hidden from {READER}")
    value: int | None = figure["value"]
    return value
