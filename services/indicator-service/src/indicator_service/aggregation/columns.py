"""What others may see of single months and of categories: of the nation alone, and not all of that.

A unit's figures of the last twelve months are shown to others, less what :mod:`.suppression` hides. Their months and
their categories (themes, case types, age bands) add up to these. Whoever was shown some of them could subtract, also
over several tables at once, so nobody is shown any but their own and the national ones. Of these a column, a month or
a category, is hidden where few are in it, or few without one unit, whose people know its part and that of its kin;
and further columns with it, until what the whole leaves for the hidden ones is open; all of them where the whole
itself is hidden. Of the units' wholes and the national columns together a unit's part of a column follows only when
there is but one unit or one column, and then it is one of the two: no small count.

Months that the last twelve do not hold, and what there is at the end of a month, add up to nothing that is shown.
They are hidden each by itself.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from indicator_service.aggregation.suppression import NO_KIN, Hidden, Kin, Rank, hide_linked, hide_overlapping

Column = Mapping[str, int]
"""Counts of one month, or of one category, by unit; every unit is in each."""
Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The linked counts of an indicator in some columns.

    ``parts`` add up to the total, which is part of the first of ``wholes``, and that of the next. What ``overlapping``
    counts is in the first part, perhaps several times.
    """

    total: Columns
    parts: Sequence[Columns] = ()
    wholes: Sequence[Columns] = ()
    overlapping: Sequence[Columns] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenColumns:
    """The columns of which the nation's total, its parts and those that overlap are hidden."""

    total: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    overlapping: frozenset[str] = frozenset()

    def __or__(self, other: "HiddenColumns") -> "HiddenColumns":
        """Hide what either hides."""
        return HiddenColumns(
            total=self.total | other.total,
            parts=self.parts | other.parts,
            overlapping=self.overlapping | other.overlapping,
        )


def hide_columns(counts: Counts, *, rank: Rank, add_up: bool, kin: Kin = NO_KIN) -> HiddenColumns:
    """Choose which columns to hide of the national figures.

    Args:
        counts: what is counted, by column and unit.
        rank: orders columns of equal counts.
        add_up: whether the columns together are a whole that is shown, of each unit and of all.
        kin: units whose figures are known to the same people.
    """
    if add_up:
        return _hide_together(counts, rank=rank, kin=kin) | _where_the_whole_is_hidden(counts, rank=rank, kin=kin)
    return hide_groups(counts, [[name] for name in counts.total], rank=rank, kin=kin)


def hide_groups(counts: Counts, groups: Iterable[Collection[str]], *, rank: Rank, kin: Kin = NO_KIN) -> HiddenColumns:
    """Choose which columns to hide where those of each group by themselves add up to what is shown elsewhere."""
    found = HiddenColumns()
    for group in groups:
        found |= _hide_together(_only(counts, [name for name in counts.total if name in group]), rank=rank, kin=kin)
    return found


def _only(counts: Counts, names: Collection[str]) -> Counts:
    def of(tables: Sequence[Columns]) -> tuple[Columns, ...]:
        return tuple({name: table[name] for name in names} for table in tables)

    return Counts(
        total={name: counts.total[name] for name in names},
        parts=of(counts.parts),
        wholes=of(counts.wholes),
        overlapping=of(counts.overlapping),
    )


def _hide_together(counts: Counts, *, rank: Rank, kin: Kin) -> HiddenColumns:
    every = frozenset(counts.total)
    total, parts, overlapping = Hidden(), Hidden(), Hidden()
    of_all, of_part, of_whole, of_other = (
        [_Summed(table) for table in tables]
        for tables in ((counts.total,), counts.parts, counts.wholes, counts.overlapping)
    )
    for known in ((), *_known(counts.total, kin)):
        less = [each.less(known) for each in of_part]
        of_total, of_parts = hide_linked(
            of_all[0].less(known), less, wholes=[each.less(known) for each in of_whole], rank=rank
        )
        total |= of_total
        parts |= of_parts
        if of_other:
            overlapping |= hide_overlapping(less[0], [each.less(known) for each in of_other], rank=rank)
    hidden = _columns(total, every)
    hidden_parts = hidden | _columns(parts, every)
    return HiddenColumns(total=hidden, parts=hidden_parts, overlapping=hidden_parts | _columns(overlapping, every))


def _where_the_whole_is_hidden(counts: Counts, *, rank: Rank, kin: Kin) -> HiddenColumns:
    """Hide every column of what is hidden of the nation as a whole: they would add up to it."""
    of_total, of_parts = hide_linked(
        _by_unit(counts.total),
        [_by_unit(part) for part in counts.parts],
        wholes=[_by_unit(whole) for whole in counts.wholes],
        rank=rank,
        kin=kin,
    )
    every, none = frozenset(counts.total), frozenset[str]()
    parts = every if of_parts.national else none
    return HiddenColumns(total=every if of_total.national else none, parts=parts, overlapping=parts)


def _by_unit(table: Columns) -> dict[str, int]:
    return {unit: sum(column[unit] for column in table.values()) for unit in _units(table)}


def _columns(hidden: Hidden, every: frozenset[str]) -> frozenset[str]:
    # Where the whole would have to be hidden with them, all of them are.
    return every if hidden.national else hidden.units


def _units(table: Columns) -> tuple[str, ...]:
    return tuple(next(iter(table.values()), {}))


def _known(table: Columns, kin: Kin) -> Iterable[Collection[str]]:
    """Return the units that somebody knows: each alone, and kin together."""
    found: dict[str, list[str]] = {}
    for unit in _units(table):
        found.setdefault(kin.get(unit, unit), []).append(unit)
    return found.values()


class _Summed:
    """The columns of a table with their sums, from which what somebody knows is taken again and again."""

    def __init__(self, table: Columns) -> None:
        self._columns = [(name, column, sum(column.values())) for name, column in table.items()]

    def less(self, known: Collection[str]) -> dict[str, int]:
        """Return the columns of all units but those that somebody knows."""
        if len(known) == 1:
            [unit] = known
            return {name: total - column[unit] for name, column, total in self._columns}
        return {name: total - sum(column[unit] for unit in known) for name, column, total in self._columns}
