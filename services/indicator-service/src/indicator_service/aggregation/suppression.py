"""Suppression of small counts, and of enough others that no hidden one can be found by subtraction.

A count of 1 to 4 of another unit is hidden. If the national total is shown, further units are hidden with it, smallest
first, until what the total leaves for the hidden ones could be shared out in several ways. The reader's own unit is
always known to its people, so the same has to hold for the rest when any one of the hidden units is taken away. Where
no further units can be hidden, the national total is hidden instead.

Counts are also linked within a unit: the parts of a total add up to it (cases opened = measure started + not started
+ ended without). All parts of a unit are hidden together, and whenever their total is, so that no part follows from
the others. A total may be part of a whole again (cases opened = under 18 + the rest), and that of another (open cases =
active + on hold, active = over 30 days + the rest): then it and the rest are hidden like parts of the whole, and its
own parts with it. Parts may also overlap (cases with a partner of each kind): they are hidden together when one is few,
what the whole leaves of one, or what they count more than once. Months and categories are
guarded by :mod:`.columns`.

Units that are told together in another structure of units (see :mod:`.structure`) are kin: they are hidden all
together or not at all, and are taken for one where others are hidden with them. So what the other structure shows is
the sum of what this one shows, and nothing follows from the two together; nor for whoever knows all kin.

One moment against the next is guarded by :mod:`.settled`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SMALLEST_SHOWN: Final = 5
_LARGEST_HIDDEN: Final = SMALLEST_SHOWN - 1
_ROOM: Final = 4
_FEWEST_UNKNOWN: Final = 2

Rank = Callable[[str], bytes]
"""Orders units of equal counts in a way that an outsider can't foresee."""
Kin = Mapping[str, str]
"""Units that are told together in some structure, by the one in which they are; others are alone."""
NO_KIN: Final[Kin] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Hidden:
    """What to hide of one count: these units, and perhaps the national total."""

    units: frozenset[str] = frozenset()
    national: bool = False

    def __or__(self, other: "Hidden") -> "Hidden":
        """Hide what either hides."""
        return Hidden(self.units | other.units, self.national or other.national)


NOTHING: Final = Hidden()
"""Where no count is small, which is most often asked."""


def is_small(count: int) -> bool:
    """Whether a count is so small that it may point to single people."""
    return 1 <= count <= _LARGEST_HIDDEN


def hide(counts: Mapping[str, int], *, rank: Rank, kin: Kin = NO_KIN) -> Hidden:
    """Choose what to hide of one count by unit whose sum is the national total; of kin all or nothing."""
    # Two small counts may be a large one, so that it is asked of each.
    hidden = {kin.get(unit, unit) for unit, count in counts.items() if 1 <= count <= _LARGEST_HIDDEN}
    if not hidden:
        return NOTHING
    together: dict[str, int] = {}
    for unit, count in counts.items():
        together[kin.get(unit, unit)] = together.get(kin.get(unit, unit), 0) + count
    small = _with_kin(hidden, kin)
    if is_small(sum(counts.values())):
        return Hidden(small, national=True)
    large = (u for u, n in together.items() if n >= SMALLEST_SHOWN and u not in hidden)
    for holder in [*sorted(large, key=lambda u: (together[u], rank(u))), None]:
        if _is_safe([together[u] for u in hidden]):
            return Hidden(_with_kin(hidden, kin))
        if holder is not None:
            hidden.add(holder)
    return Hidden(small, national=True)


def _with_kin(holders: Collection[str], kin: Kin) -> frozenset[str]:
    return frozenset({*holders, *(unit for unit, holder in kin.items() if holder in holders)})


def hide_linked(
    total: Mapping[str, int],
    parts: Sequence[Mapping[str, int]],
    *,
    wholes: Sequence[Mapping[str, int]] = (),
    rank: Rank,
    kin: Kin = NO_KIN,
) -> tuple[Hidden, Hidden]:
    """Choose what to hide of a total and of the parts that add up to it; the parts are hidden alike.

    Where the total is itself a part of a whole that is shown, it is hidden with what is left of the whole, and so is
    the whole where it is part of the next.
    """
    hidden_total = _any(_nested([*reversed(wholes), total], rank=rank, kin=kin))
    return hidden_total, _any([hidden_total, *(hide(part, rank=rank, kin=kin) for part in parts)])


def hide_overlapping(
    whole: Mapping[str, int], parts: Sequence[Mapping[str, int]], *, rank: Rank, kin: Kin = NO_KIN
) -> Hidden:
    """Choose what to hide of parts that may overlap and together are the whole; they are hidden alike.

    What one part leaves of the whole is in others alone, and what they add up to beyond it is in several.
    """
    left = ({unit: count - part[unit] for unit, count in whole.items()} for part in parts)
    beyond = {unit: sum(part[unit] for part in parts) - count for unit, count in whole.items()}
    return _any(hide(counts, rank=rank, kin=kin) for counts in (*parts, *left, beyond))


def leaves_open(hidden: Sequence[int]) -> bool:
    """Whether the sum of some hidden counts leaves them open, also to someone who knows any one of them."""
    return _is_safe(hidden)


def _nested(counts: Sequence[Mapping[str, int]], *, rank: Rank, kin: Kin) -> Iterator[Hidden]:
    """Yield what to hide of each count for its own sake and for what it leaves of the one before, its whole."""
    whole: Mapping[str, int] | None = None
    for count in counts:
        own = hide(count, rank=rank, kin=kin)
        if whole is not None:
            own |= hide({unit: whole[unit] - n for unit, n in count.items()}, rank=rank, kin=kin)
        yield own
        whole = count


def _any(choices: Iterable[Hidden]) -> Hidden:
    together = Hidden()
    for choice in choices:
        together |= choice
    return together


def _is_safe(hidden: Sequence[int]) -> bool:
    """Whether the sum of the hidden counts leaves them open, also to someone who knows any one of them."""
    less_one = ([*hidden[:known], *hidden[known + 1 :]] for known in range(len(hidden)))
    return _is_open(hidden) and all(_is_open(unknown) for unknown in less_one)


def _is_open(unknown: Sequence[int]) -> bool:
    if not any(map(is_small, unknown)):
        return True
    # A hidden count is 1 or more; the sum must not force each to its least, nor all to the largest small count.
    least, most = len(unknown), len(unknown) * _LARGEST_HIDDEN
    has_large = max(unknown) >= SMALLEST_SHOWN
    return (
        len(unknown) >= _FEWEST_UNKNOWN
        and sum(unknown) - least >= _ROOM
        and (has_large or most - sum(unknown) >= _ROOM)
    )
