"""What others are shown of units: it stands still until enough has changed, so that two moments tell of no single case.

Whoever asks again and again could subtract: a count of 31 after one of 30 tells that one case came, and what else moved
with it tells what case it was. So the counts of a unit that are linked, a family, are shown as they last moved. They
move together, when some count of theirs has changed by :data:`FEWEST_MOVED` at least, since then as many cases have
changed. Counts that are all few are hidden anyway, and follow what is true. The nation is the sum of what its units
show, and so moves with them alone.

What is hidden is chosen as for a single moment, and then held against the moments before: a value that was shown since
it last moved is known, and hides nobody else; one that stood hidden beside few stays hidden while few are there, and
until it has moved. Where what is hidden and not known does not suffice, the nation is hidden.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Final, Literal

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figures import Mask, count_value, figures_of, linked_counts, mask_of
from indicator_service.aggregation.register import Register
from indicator_service.aggregation.standing import Standing, stand
from indicator_service.aggregation.structure import Structure
from indicator_service.aggregation.suppression import SMALLEST_SHOWN, Hidden, Kin, Rank, is_small, leaves_open
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import Catalogue, Metric, Version
from indicator_service.definitions.metrics import STOCKS

FEWEST_MOVED: Final = SMALLEST_SHOWN
"""By how many some count of a family must have changed before what is shown of it moves."""

_SAME: Final = (
    (Metric.FIRST_MEASURE_DAYS, Metric.OPENED),
    (Metric.DECISION_HOURS, Metric.CONCERNS_DECIDED),
)
"""What is counted of the same cases or concerns by two names: the cases of an indicator add up to another's."""

Slot = tuple[Literal["within", "until_end"], Metric]
Kind = Literal["counts", "totals", "parts", "overlapping"]
Key = tuple[Kind, str | int]
Column = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Sums that move together, since what is shown links them."""

    slots: frozenset[Slot]
    keys: frozenset[Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What others are shown: the tally of each unit as its families last moved, and what of it is hidden."""

    tallies: Mapping[str, Tally]
    mask: Mask
    known: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    """By what is hidden, the units whose value was shown since it last moved."""
    standing: Standing = field(default_factory=dict)
    """Since when what is shown stands."""


def settle(
    before: Settled | None,
    tallies: Mapping[str, Tally],
    *,
    catalogue: Catalogue,
    period: Period,
    rank: Rank,
    register: Register,
) -> Settled:
    """Return what others are shown next.

    Args:
        before: what they are shown; None: nothing yet.
        tallies: what is true now, of every unit that holds cases.
        catalogue: the definitions.
        period: the last twelve months.
        rank: orders units of equal counts.
        register: the units, of which some are told together.
    """
    families = families_of(catalogue, period.last_day)
    numbers = _Numbers(catalogue, period.last_day)
    old = before.tallies if before else {}
    held: dict[str, Tally] = {}
    moved: dict[Family, set[str]] = {family: set() for family in families}
    for unit, now in tallies.items():
        held[unit] = replace(old.get(unit, now), imported=now.imported)
        for family in families:
            if unit not in old:
                moved[family].add(unit)
            elif _moves(old[unit], now, family, numbers):
                held[unit] = _taken_over(held[unit], now, family)
                moved[family].add(unit)
    mask = mask_of(held, catalogue=catalogue, period=period, rank=rank, register=register)
    steps = {key: _Step(key=key, moved=moved[family]) for family in families for key in family.keys}
    after = _held_against(before, held, mask, steps=steps, numbers=numbers, kin=register.kin)
    return replace(after, standing=_standing(before, after, catalogue=catalogue, period=period, register=register))


def _standing(
    before: Settled | None, after: Settled, *, catalogue: Catalogue, period: Period, register: Register
) -> Standing:
    tallies = {**after.tallies, NATIONAL: sum_of(after.tallies.values())}
    structure = Structure(register=register)
    shown = {
        unit: figures_of(unit, tally, catalogue=catalogue, period=period, mask=after.mask, structure=structure)
        for unit, tally in tallies.items()
    }
    known = {NATIONAL, *before.tallies} if before else ()
    return stand(before.standing if before else {}, shown, known=known, today=period.asked_on)


def families_of(catalogue: Catalogue, day: date) -> tuple[Family, ...]:
    """Return what moves together: the counts of each indicator, and of all others that show one of them."""
    by_key = {count.key: count for count in catalogue.counts}
    shown: list[tuple[set[Slot], set[Key]]] = [
        (_slots_of_count(by_key, count.key), {("counts", count.key)}) for count in catalogue.counts
    ]
    for indicator in catalogue.indicators:
        version = indicator.at(day)
        slots = {_slot(metric) for metric in version.metrics}
        for name in version.wholes:
            slots |= set() if isinstance(name, Metric) else _slots_of_count(by_key, name)
        if slots:
            number = indicator.number
            shown.append((slots, {("totals", number), ("parts", number), ("overlapping", number)}))
    shown += [({_slot(one), _slot(other)}, set()) for one, other in _SAME]
    joined: list[tuple[set[Slot], set[Key]]] = []
    for slots, keys in shown:
        linked = [each for each in joined if each[0] & slots]
        together = (slots.union(*(each[0] for each in linked)), keys.union(*(each[1] for each in linked)))
        joined = [*(each for each in joined if each not in linked), together]
    return tuple(Family(slots=frozenset(slots), keys=frozenset(keys)) for slots, keys in joined if keys)


def _slot(metric: Metric) -> Slot:
    return ("until_end" if metric in STOCKS else "within", metric)


def _slots_of_count(counts: Mapping[str, object], key: str) -> set[Slot]:
    count = counts.get(key)
    flow, stock_in, stock_out = (getattr(count, name, None) for name in ("flow", "stock_in", "stock_out"))
    return {("within", flow)} if flow else {("until_end", metric) for metric in (stock_in, stock_out) if metric}


class _Numbers:
    """The numbers that are shown, or follow from what is shown, by what hides them."""

    def __init__(self, catalogue: Catalogue, day: date) -> None:
        self._counts = {count.key: count for count in catalogue.counts}
        self._versions = {indicator.number: indicator.at(day) for indicator in catalogue.indicators}

    def of(self, key: Key, tally: Tally) -> tuple[int, ...]:
        """Return the numbers of one unit."""
        kind, name = key
        if kind == "counts":
            return (count_value(self._counts[str(name)], tally),)
        version = self._versions[int(name)]
        if version.series:
            return tuple(tally.counted(metric) for metric in version.metrics)
        if kind == "totals":
            return self._nested(version, tally)
        parts = linked_counts(version, tally)
        if kind == "parts":
            return parts
        overlaps = [tally.counted(metric) for metric in version.overlapping]
        return (*self.of_things(key, tally), sum(overlaps) - parts[0]) if overlaps else ()

    def of_things(self, key: Key, tally: Tally) -> tuple[int, ...]:
        """Return those of the numbers that one case or measure changes by one at the most.

        Its parts that overlap, added up, it changes by as many as it has.
        """
        kind, name = key
        if kind != "overlapping":
            return self.of(key, tally)
        version = self._versions[int(name)]
        whole = linked_counts(version, tally)[0]
        overlaps = [tally.counted(metric) for metric in version.overlapping]
        return (*overlaps, *(whole - count for count in overlaps))

    def _nested(self, version: Version, tally: Tally) -> tuple[int, ...]:
        wholes = [
            tally.counted(name) if isinstance(name, Metric) else count_value(self._counts[name], tally)
            for name in reversed(version.wholes)
        ]
        chain = [*wholes, sum(linked_counts(version, tally))]
        return (*chain, *(whole - part for whole, part in pairwise(chain)))

    def columns(self, key: Key, tallies: Mapping[str, Tally]) -> list[Column]:
        """Return each number as a column over units."""
        of_units = {unit: self.of(key, tally) for unit, tally in tallies.items()}
        count = len(next(iter(of_units.values()), ()))
        return [{unit: numbers[n] for unit, numbers in of_units.items()} for n in range(count)]


def _moves(old: Tally, now: Tally, family: Family, numbers: _Numbers) -> bool:
    if all(_sums(old, slot) == _sums(now, slot) for slot in family.slots):
        return False
    before = [number for key in family.keys for number in numbers.of_things(key, old)]
    after = [number for key in family.keys for number in numbers.of_things(key, now)]
    if max(*before, *after, 0) < SMALLEST_SHOWN:
        return True
    return max(abs(a - b) for a, b in zip(after, before, strict=True)) >= FEWEST_MOVED


def _sums(tally: Tally, slot: Slot) -> tuple[int, Mapping[int, int]]:
    kind, metric = slot
    return getattr(tally, kind)[metric], tally.histograms.get(metric, {})


def _taken_over(held: Tally, now: Tally, family: Family) -> Tally:
    within, until_end, histograms = Counter(held.within), Counter(held.until_end), dict(held.histograms)
    for kind, metric in family.slots:
        into = within if kind == "within" else until_end
        into[metric] = getattr(now, kind)[metric]
        if metric in now.histograms:
            histograms[metric] = now.histograms[metric]
    return replace(held, within=within, until_end=until_end, histograms=histograms)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One thing that may be hidden, and the units of which it moved."""

    key: Key
    moved: Collection[str]


def _held_against(
    before: Settled | None,
    held: Mapping[str, Tally],
    fresh: Mask,
    *,
    steps: Mapping[Key, _Step],
    numbers: _Numbers,
    kin: Kin,
) -> Settled:
    found: dict[Key, Hidden] = {}
    known: dict[Key, frozenset[str]] = {}
    # Totals come before parts, which are hidden wherever their total is.
    for key, chosen in _entries(fresh):
        step = steps.get(key)
        hidden = chosen | found["totals", key[1]] if key[0] == "parts" else chosen
        if step is not None:
            was_known = (before.known.get(key, frozenset()) if before else frozenset()) - frozenset(step.moved)
            hidden = _since(before, held, hidden, step=step, numbers=numbers, kin=kin, known=was_known)
            known[key] = was_known | (held.keys() - hidden.units)
        found[key] = hidden
    return Settled(tallies=held, mask=_mask(found), known=known)


def _since(
    before: Settled | None,
    held: Mapping[str, Tally],
    hidden: Hidden,
    *,
    step: _Step,
    numbers: _Numbers,
    kin: Kin,
    known: Collection[str],
) -> Hidden:
    columns = numbers.columns(step.key, held)
    few = any(is_small(count) for column in columns for count in column.values())
    stay: set[str] = set()
    if before is not None:
        for unit in _hidden(before.mask, step.key).units & before.tallies.keys():
            was_few = any(map(is_small, numbers.of(step.key, before.tallies[unit])))
            if few or was_few or unit not in step.moved:
                stay.add(unit)
    units = _with_kin(hidden.units | stay, kin)
    unknown = units - frozenset(known)
    closed = not all(_open(column, unknown, kin) for column in columns)
    return Hidden(units, national=hidden.national or closed)


def _open(column: Column, unknown: Collection[str], kin: Kin) -> bool:
    together: dict[str, int] = {}
    for unit in unknown:
        if unit in column:
            together[kin.get(unit, unit)] = together.get(kin.get(unit, unit), 0) + column[unit]
    few = any(is_small(column[unit]) for unit in unknown if unit in column)
    return not few or leaves_open([*together.values()])


def _with_kin(units: frozenset[str], kin: Kin) -> frozenset[str]:
    holders = {kin.get(unit, unit) for unit in units}
    return units | {unit for unit, holder in kin.items() if holder in holders}


def _hidden(mask: Mask, key: Key) -> Hidden:
    by_name: Mapping[str, Hidden] | Mapping[int, Hidden] = getattr(mask, key[0])
    return by_name.get(key[1], Hidden())  # type: ignore[arg-type]  # the kind says which it is


def _entries(mask: Mask) -> Iterator[tuple[Key, Hidden]]:
    kinds: Sequence[Kind] = ("counts", "totals", "parts", "overlapping")
    for kind in kinds:
        for name, hidden in getattr(mask, kind).items():
            yield (kind, name), hidden


def _mask(found: Mapping[Key, Hidden]) -> Mask:
    def of(kind: Kind) -> dict[int, Hidden]:
        return {int(name): hidden for (each, name), hidden in found.items() if each == kind}

    counts = {str(name): hidden for (kind, name), hidden in found.items() if kind == "counts"}
    return Mask(counts=counts, totals=of("totals"), parts=of("parts"), overlapping=of("overlapping"))
