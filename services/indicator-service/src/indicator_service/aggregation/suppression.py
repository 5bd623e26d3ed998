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
guarded by :mod:`.columns`. Known limit: one moment against the next is not guarded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SMALLEST_SHOWN: Final = 5
_LARGEST_HIDDEN: Final = SMALLEST_SHOWN - 1
_ROOM: Final = 4
_FEWEST_UNKNOWN: Final = 2

Rank = Callable[[str], bytes]
"""Orders units of equal counts in a way that an outsider can't foresee."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What to hide of one count: these units, and perhaps the national total."""

    units: frozenset[str] = frozenset()
    national: bool = False

    def __or__(self, other: "Hidden") -> "Hidden":
        """Hide what either hides."""
        return Hidden(self.units | other.units, self.national or other.national)


def is_small(count: int) -> bool:
    """Whether a count is so small that it may point to single people."""
    return 1 <= count <= _LARGEST_HIDDEN


def hide(counts: Mapping[str, int], *, rank: Rank) -> Hidden:
    """Choose what to hide of one count by unit whose sum is the national total."""
    hidden = {unit for unit, count in counts.items() if is_small(count)}
    if not hidden:
        return Hidden()
    small = frozenset(hidden)
    if is_small(sum(counts.values())):
        return Hidden(small, national=True)
    others = sorted((u for u, n in counts.items() if n >= SMALLEST_SHOWN), key=lambda u: (counts[u], rank(u)))
    for unit in [*others, None]:
        if _is_safe([counts[u] for u in hidden]):
            return Hidden(frozenset(hidden))
        if unit is not None:
            hidden.add(unit)
    return Hidden(small, national=True)


def hide_linked(
    total: Mapping[str, int],
    parts: Sequence[Mapping[str, int]],
    *,
    wholes: Sequence[Mapping[str, int]] = (),
    rank: Rank,
) -> tuple[Hidden, Hidden]:
    """Choose what to hide of a total and of the parts that add up to it; the parts are hidden alike.

    Where the total is itself a part of a whole that is shown, it is hidden with what is left of the whole, and so is
    the whole where it is part of the next.
    """
    hidden_total = _any(_nested([*reversed(wholes), total], rank=rank))
    return hidden_total, _any([hidden_total, *(hide(part, rank=rank) for part in parts)])


def hide_overlapping(whole: Mapping[str, int], parts: Sequence[Mapping[str, int]], *, rank: Rank) -> Hidden:
    """Choose what to hide of parts that may overlap and together are the whole; they are hidden alike.

    What one part leaves of the whole is in others alone, and what they add up to beyond it is in several.
    """
    left = ({unit: count - part[unit] for unit, count in whole.items()} for part in parts)
    beyond = {unit: sum(part[unit] for part in parts) - count for unit, count in whole.items()}
    return _any(hide(counts, rank=rank) for counts in (*parts, *left, beyond))


def _nested(counts: Sequence[Mapping[str, int]], *, rank: Rank) -> Iterator[Hidden]:
    """Yield what to hide of each count for its own sake and for what it leaves of the one before, its whole."""
    whole: Mapping[str, int] | None = None
    for count in counts:
        own = hide(count, rank=rank)
        if whole is not None:
            own |= hide({unit: whole[unit] - n for unit, n in count.items()}, rank=rank)
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
