"""What a figure takes from imports: which periods of a series it rests on, their sum, and what of it is not there.

A figure rests on all that it needs or it is none: what is missing is named and never taken for 0.

Of a yearly series the latest 1 January that is not after the period counts. That is the one in it where the period has
one, as any twelve months have, so that a rate is set against the population that statistics agencies publish for the
year. A series by months has no figure of the month under way. The last 12 months are therefore the twelve newest months
whose figures can be complete when the period's last month begins: a cohort that is followed for six months is complete
when six more months are over. The year to date ends with the same month. Of a state, the newest
of them alone counts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from forkant_contracts.units import UnitKind

from indicator_service.aggregation.calendar import Period, add_months
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.aggregation.structure import AS_RELEASED, Structure
from indicator_service.aggregation.tally import Imported
from indicator_service.definitions import Catalogue
from indicator_service.definitions.series import FORM_OF, FollowUp, ImportKind, Series

_MONTHS: Final = 12
_AT_ONCE: Final = FollowUp()
_MOST_KEPT: Final = 4_096
Reason = Literal["not_imported", "not_yet_complete", "not_for_this_unit"]
"""`not_yet_complete`: it can't be known yet. `not_for_this_unit`: special bodies have no such figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a figure lacks, so that there is none."""

    kind: ImportKind
    reason: Reason
    periods: tuple[str, ...]
    """Years or months, such as `2026` and `2026-03`."""
    units: tuple[str, ...]
    complete_on: date | None = None
    """The first day on which it can be known, of the last of the periods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covers:
    """The days that imported figures are about; both are in it."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What was found for some series of a unit: sums, or what is missing; and the imports that they rest on."""

    amounts: Mapping[Series, int] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    imports: tuple[UUID, ...] = ()
    covers: Covers | None = None


def label_of(series: Series, start: date) -> str:
    """Write a period as imports do: ``2026`` or ``2026-03``."""
    # Not by strftime, which takes ten times as long: figures without imports name every period that they lack.
    return f"{start.year:04}" if FORM_OF[series].yearly else f"{start.year:04}-{start.month:02}"


@lru_cache(maxsize=_MOST_KEPT)
def ready_on(series: Series, start: date) -> date:
    """Return the first day on which a figure of a period can be known."""
    form = FORM_OF[series]
    if form.yearly:
        return start
    follow_up = form.follow_up.get(series, _AT_ONCE)
    return add_months(start, 1 + follow_up.months) + timedelta(days=follow_up.days)


def starts_of(series: Sequence[Series], period: Period) -> Mapping[Series, tuple[date, ...]]:
    """Return the first days of the periods that figures rest on which set some series against each other."""
    return _rests_on(tuple(series), period)[0]


@lru_cache(maxsize=_MOST_KEPT)
def _rests_on(series: tuple[Series, ...], period: Period) -> tuple[Mapping[Series, tuple[date, ...]], Covers | None]:
    """Return the first days of the periods, and all days of them; the same for all units and whoever asks."""
    monthly = [each for each in series if not FORM_OF[each].yearly]
    moving = period.kind in {"rolling_12", "year_to_date"}
    newest = _newest_ready(monthly, before=period.last_month) if moving else period.last_month
    starts = {each: tuple(_starts(each, newest, period)) for each in series}
    return MappingProxyType(starts), _covers(starts)


def _starts(series: Series, newest: date, period: Period) -> Iterator[date]:
    form = FORM_OF[series]
    if form.yearly:
        yield period.last_month.replace(month=1)
        return
    # Of a year that has hardly begun nothing is complete: its first month then is what is missing.
    first = add_months(newest, 1 - _MONTHS) if period.kind == "rolling_12" else period.first_month
    last = max(newest, first)
    month = last if form.state else first
    while month <= last:
        yield month
        month = add_months(month, 1)


def _newest_ready(series: Collection[Series], *, before: date) -> date:
    month = add_months(before, -1)
    while any(ready_on(each, month) > before for each in series):
        month = add_months(month, -1)
    return month


def groups_of(catalogue: Catalogue, period: Period) -> list[tuple[Series, ...]]:
    """Return the series that each definition in force sets against each other, where it rests on any."""
    versions = [indicator.at(period.last_day) for indicator in catalogue.indicators]
    further = [(each.numerator, each.denominator) for version in versions for each in version.further]
    return [*(version.series for version in versions if version.series), *further]


def reach_of(groups: Iterable[Sequence[Series]], period: Period) -> tuple[date, date] | None:
    """Return the first and last of all periods that figures rest on, by their first days; None where there is none."""
    starts = [start for group in groups for each in starts_of(group, period).values() for start in each]
    return (min(starts), max(starts)) if starts else None


def basis_of(
    series: Sequence[Series],
    imported: Mapping[str, Imported],
    *,
    unit: str,
    period: Period,
    structure: Structure = AS_RELEASED,
) -> Basis:
    """Return what a unit's figure, or the national one, rests on; all of it or none.

    Args:
        series: what is set against each other.
        imported: what stands, by unit.
        unit: whose figure, or :data:`NATIONAL` for the sum over all units that have such figures.
        period: what the figure is about.
        structure: which units' figures are the unit's: on the first day of each imported period those there then.
    """
    starts, covers = _rests_on(tuple(series), period)
    found: dict[Series, int] = {}
    imports: set[UUID] = set()
    lacks: list[tuple[Series, date, str]] = []
    for each, days in starts.items():
        for start in days:
            for owner in _owners(each, unit, start, structure):
                known = imported.get(owner, {}).get((each, start))
                if known is None:
                    lacks.append((each, start, owner))
                else:
                    found[each] = found.get(each, 0) + known.amount
                    imports.add(known.import_id)
    missing = tuple(_missing(lacks, series, asked_on=period.asked_on, register=structure.register))
    if missing:
        return Basis(missing=missing, covers=covers)
    return Basis(amounts=found, imports=tuple(sorted(imports)), covers=covers)


def _owners(series: Series, unit: str, start: date, structure: Structure) -> tuple[str, ...]:
    owners = structure.owners(unit, start)
    return tuple(each for each in owners if each == unit or has_series(each, series, structure.register))


def has_series(unit: str, series: Series, register: Register = OF_THE_RELEASE) -> bool:
    """Whether there can be such figures of a unit; one that is not known yet is taken for a district."""
    known = register.units.get(unit)
    return not FORM_OF[series].districts_only or known is None or known.kind is UnitKind.DISTRICT


def _missing(
    lacks: Iterable[tuple[Series, date, str]], series: Collection[Series], *, asked_on: date, register: Register
) -> Iterator[Missing]:
    units: dict[tuple[ImportKind, date], dict[str, None]] = {}
    of_kind: dict[ImportKind, Series] = {}
    for each, start, owner in lacks:
        kind = FORM_OF[each].kind
        units.setdefault((kind, start), {})[owner] = None
        of_kind[kind] = each
    grouped: dict[tuple[ImportKind, Reason, tuple[str, ...]], list[tuple[str, date]]] = {}
    for (kind, start), owners in units.items():
        together = [each for each in series if FORM_OF[each].kind is kind]
        ready = max(ready_on(each, start) for each in together)
        # The national figure asks nobody who has no such figures, so one owner speaks for all.
        reason = _reason(next(iter(owners)), together[0], ready=ready, asked_on=asked_on, register=register)
        grouped.setdefault((kind, reason, tuple(owners)), []).append((label_of(of_kind[kind], start), ready))
    for (kind, reason, owners_of), periods in grouped.items():
        yield Missing(
            kind=kind,
            reason=reason,
            periods=tuple(label for label, _ in periods),
            units=owners_of,
            complete_on=max(ready for _, ready in periods) if reason == "not_yet_complete" else None,
        )


def _reason(unit: str, series: Series, *, ready: date, asked_on: date, register: Register) -> Reason:
    if not has_series(unit, series, register):
        return "not_for_this_unit"
    return "not_yet_complete" if ready > asked_on else "not_imported"


def _covers(starts: Mapping[Series, Sequence[date]]) -> Covers | None:
    every = [(series, start) for series, days in starts.items() for start in days]
    if not every:
        return None
    ends = (s if FORM_OF[each].yearly else add_months(s, 1) - timedelta(days=1) for each, s in every)
    return Covers(first_day=min(start for _, start in every), last_day=max(ends))
