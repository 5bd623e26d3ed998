"""Figures that rest on imports: computed as those of cells are, once it is known what there is to compute them from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figure import Figure, FurtherFigures, Imports, Values, View
from indicator_service.aggregation.imported import basis_of, starts_of
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.aggregation.structure import AS_RELEASED, Structure
from indicator_service.aggregation.suppression import Hidden, Rank, hide, hide_linked
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.definitions import Further, Metric, Series, Version

_DECIMALS: Final = 4
_REST: Final = ""
_NOTHING: Final = Figure(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A numerator and a denominator as far as they are there, and what they rest on."""

    numerator: int | None
    denominator: int | None
    imported: Imports


def pair_of(
    terms: Version | Further, unit: str, tally: Tally, *, period: Period, structure: Structure = AS_RELEASED
) -> Pair:
    """Return what a unit's figure, or the national one, is computed from."""
    names = (terms.numerator, terms.denominator)
    series = tuple(name for name in names if isinstance(name, Series))
    basis = basis_of(series, tally.imported, unit=unit, period=period, structure=structure)

    def amount(name: Metric | Series | None) -> int | None:
        if isinstance(name, Metric):
            return tally.within[name]
        return basis.amounts.get(name) if name is not None else None

    imported = Imports(imports=basis.imports, covers=basis.covers, missing=basis.missing)
    return Pair(numerator=amount(terms.numerator), denominator=amount(terms.denominator), imported=imported)


def hide_imported(
    version: Version, tallies: Mapping[str, Tally], *, period: Period, rank: Rank, register: Register = OF_THE_RELEASE
) -> tuple[Hidden, Hidden]:
    """Choose what to hide of the denominators and of the rest of an indicator that rests on imports.

    A further share is of the same people, or of some of them: it is hidden with the first, and both wherever few had
    what the one counts and the other does not. Units that are told together may have a figure where none of them has
    one for all of the time, so this is asked in the structure of each day on which units changed.
    """
    if not version.about_people:
        return Hidden(), Hidden()
    total, parts = Hidden(), Hidden()
    for day in (None, *register.days):
        structure = Structure(register=register, day=day)
        found = _hide_in(version, structure.regrouped(tallies), structure, period=period, rank=rank)
        total, parts = total | found[0], parts | found[1]
    return total, parts


def _hide_in(
    version: Version, tallies: Mapping[str, Tally], structure: Structure, *, period: Period, rank: Rank
) -> tuple[Hidden, Hidden]:
    kin = structure.register.kin
    everyone = sum_of(tallies.values())
    total, parts = Hidden(), Hidden()
    numerators = []
    every: tuple[Version | Further, ...] = (version, *version.further)
    for terms in every:
        pairs = {u: pair_of(terms, u, tally, period=period, structure=structure) for u, tally in tallies.items()}
        nation = pair_of(terms, NATIONAL, everyone, period=period, structure=structure)
        # What is missing somewhere is in no national figure, from which it could be found.
        whole = _with_rest({unit: pair.denominator or 0 for unit, pair in pairs.items()}, nation.denominator)
        part = _with_rest({unit: pair.numerator or 0 for unit, pair in pairs.items()}, nation.numerator)
        rest = [] if version.kind == "rate" else [{unit: whole[unit] - count for unit, count in part.items()}]
        of_total, of_parts = hide_linked(whole, [part, *rest], rank=rank, kin=kin)
        total, parts = total | of_total, parts | of_parts
        numerators.append((_starts_of(terms, period), part))
    first_starts, first = numerators[0]
    for starts, part in numerators[1:]:
        if starts == first_starts:
            parts |= hide({unit: abs(part[unit] - count) for unit, count in first.items()}, rank=rank, kin=kin)
    return total, parts


def _with_rest(counts: dict[str, int], nation: int | None) -> dict[str, int]:
    """Add what the nation has beyond its units: of those that were there for part of the time, who have no figure."""
    return {**counts, _REST: max((nation or 0) - sum(counts.values()), 0)}


def _starts_of(terms: Version | Further, period: Period) -> object:
    """Return what tells whether two shares are about the same people: their denominator's periods."""
    series = [name for name in (terms.numerator, terms.denominator) if isinstance(name, Series)]
    return {name: days for name, days in starts_of(series, period).items() if name is terms.denominator}


def imported_values(
    version: Version, unit: str, tally: Tally, *, period: Period, view: View, structure: Structure = AS_RELEASED
) -> Values:
    """Compute an indicator that rests on imports."""
    pair = pair_of(version, unit, tally, period=period, structure=structure)
    further = {}
    for each in version.further:
        found = pair_of(each, unit, tally, period=period, structure=structure)
        further[each.key] = FurtherFigures(
            name=each.name,
            numerator=_part(found.numerator, view),
            denominator=_total(found.denominator, view),
            value=_value(found, version, view),
            imported=found.imported,
        )
    return {
        "numerator": _part(pair.numerator, view),
        "denominator": _total(pair.denominator, view),
        "value": _value(pair, version, view),
        "imported": pair.imported,
        "further": further,
    }


def _part(count: int | None, view: View) -> Figure:
    return _NOTHING if count is None else view.part(count)


def _total(count: int | None, view: View) -> Figure:
    return _NOTHING if count is None else view.total(count)


def _value(pair: Pair, version: Version, view: View) -> Figure:
    if pair.numerator is None or pair.denominator is None:
        return _NOTHING
    value = round(version.per * pair.numerator / pair.denominator, _DECIMALS) if pair.denominator else None
    return view.derived(value, observed=pair.denominator, minimum=version.minimum_n)
