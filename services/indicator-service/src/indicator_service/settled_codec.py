"""What others are shown of units, as it is stored: JSON that holds no zeros."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson

from indicator_service.aggregation.figures import Mask
from indicator_service.aggregation.settled import Key, Kind, Settled
from indicator_service.aggregation.standing import Name, Stands
from indicator_service.aggregation.suppression import Hidden
from indicator_service.aggregation.tally import Imported, Known, Tally
from indicator_service.definitions import Metric, Series
from indicator_service.definitions.metrics import HISTOGRAMS

_METRICS: Final = {metric.value: metric for metric in Metric}
_SERIES: Final = {series.value: series for series in Series}
_KINDS: Final[tuple[Kind, ...]] = ("counts", "totals", "parts", "overlapping")


def to_json(settled: Settled) -> str:
    """Write it."""
    mask = {
        kind: {
            str(name): [sorted(hidden.units), hidden.national] for name, hidden in getattr(settled.mask, kind).items()
        }
        for kind in _KINDS
    }
    document = {
        "tallies": {unit: _tally(tally) for unit, tally in settled.tallies.items()},
        "mask": mask,
        "known": [[kind, str(name), sorted(units)] for (kind, name), units in settled.known.items()],
        "standing": {unit: _standing(each) for unit, each in settled.standing.items()},
    }
    return orjson.dumps(document).decode()


def from_json(text: str) -> Settled:
    """Read it; what this release does not count is left out."""
    document = orjson.loads(text)
    counts, totals, parts, overlapping = (document["mask"][kind] for kind in _KINDS)
    mask = Mask(
        counts={name: _hidden(found) for name, found in counts.items()},
        totals=_by_number(totals),
        parts=_by_number(parts),
        overlapping=_by_number(overlapping),
    )
    known: dict[Key, frozenset[str]] = {
        (kind, _name(kind, name)): frozenset(units) for kind, name, units in document["known"]
    }
    tallies = {unit: _read_tally(found) for unit, found in document["tallies"].items()}
    standing = {unit: _read_standing(each) for unit, each in document.get("standing", {}).items()}
    return Settled(tallies=tallies, mask=mask, known=known, standing=standing)


def _standing(of_unit: Mapping[Name, Stands]) -> list[list[Any]]:
    return [
        [name, each.shown, None if each.since is None else each.since.isoformat()] for name, each in of_unit.items()
    ]


def _read_standing(lines: Iterable[tuple[Name, str, str | None]]) -> dict[Name, Stands]:
    return {name: Stands(shown, None if since is None else date.fromisoformat(since)) for name, shown, since in lines}


def _by_number(found: Mapping[str, Any]) -> dict[int, Hidden]:
    return {int(number): _hidden(each) for number, each in found.items()}


def _hidden(found: tuple[list[str], bool]) -> Hidden:
    units, nation = found
    return Hidden(frozenset(units), national=nation)


def _name(kind: str, name: str) -> str | int:
    return name if kind == "counts" else int(name)


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "within": _sums(tally.within.items()),
        "until_end": _sums(tally.until_end.items()),
        "histograms": {
            metric.value: {str(bucket): n for bucket, n in counts.items() if n}
            for metric, counts in tally.histograms.items()
        },
        "imported": {
            owner: [
                [series.value, str(day), known.amount, str(known.import_id)] for (series, day), known in found.items()
            ]
            for owner, found in tally.imported.items()
        },
    }


def _sums(sums: Iterable[tuple[Metric, int]]) -> dict[str, int]:
    return {metric.value: amount for metric, amount in sums if amount}


def _read_tally(found: Mapping[str, Any]) -> Tally:
    histograms = {metric: Counter[int]() for metric in HISTOGRAMS}
    for name, counts in found["histograms"].items():
        if name in _METRICS:
            histograms[_METRICS[name]] = Counter({int(bucket): n for bucket, n in counts.items()})
    return Tally(
        within=_read_sums(found["within"]),
        until_end=_read_sums(found["until_end"]),
        histograms=histograms,
        imported={owner: _read_imported(lines) for owner, lines in found["imported"].items()},
    )


def _read_sums(sums: Mapping[str, int]) -> Counter[Metric]:
    return Counter({_METRICS[name]: amount for name, amount in sums.items() if name in _METRICS})


def _read_imported(lines: Iterable[tuple[str, str, int, str]]) -> Imported:
    return {
        (_SERIES[name], date.fromisoformat(day)): Known(amount, UUID(import_id))
        for name, day, amount, import_id in lines
        if name in _SERIES
    }
