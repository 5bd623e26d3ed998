"""How units change («omorganisering»): merged, split by municipalities, or municipalities moved; checked beforehand.

A reorganisation is data: from a day, whose work goes to whom. What is drawn up here holds everything that putting it
into effect asks: which units end, which are made, and where each unit's and each municipality's work goes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from case_service.domain.refusals import Code, Refusal


class ReorganisationKind(StrEnum):
    """What a reorganisation does."""

    MERGE = "merge"
    SPLIT = "split"
    MOVE_MUNICIPALITIES = "move_municipalities"


class ReorganisationState(StrEnum):
    """Where a reorganisation stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    UNDER_WAY = "under_way"
    DONE = "done"


class ReorganisationMove(StrEnum):
    """What somebody does with one; that it takes effect is the worker's."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


_AHEAD: Final = (ReorganisationState.PROPOSED, ReorganisationState.APPROVED)
MOVES: Final[Mapping[ReorganisationMove, Mapping[ReorganisationState, ReorganisationState]]] = MappingProxyType(
    {
        ReorganisationMove.APPROVE: {ReorganisationState.PROPOSED: ReorganisationState.APPROVED},
        ReorganisationMove.REJECT: {ReorganisationState.PROPOSED: ReorganisationState.REJECTED},
        ReorganisationMove.WITHDRAW: dict.fromkeys(_AHEAD, ReorganisationState.WITHDRAWN),
    }
)
"""The state that each move leads to, from each state where it is legal; what is not here is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnit:
    """A unit that a reorganisation establishes."""

    id: str
    name_nb: str
    name_nn: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A unit that work goes to, and the municipalities that it takes over by name."""

    unit: str
    municipalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reorganisation as it is proposed; ``rest`` is the part that takes what no municipality places."""

    kind: ReorganisationKind
    effective_on: date
    from_units: tuple[str, ...]
    parts: tuple[Part, ...]
    new_units: tuple[NewUnit, ...] = ()
    rest: str | None = None

    @property
    def touched(self) -> frozenset[str]:
        """Every unit that it speaks of."""
        return frozenset((*self.from_units, *(part.unit for part in self.parts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The units and municipalities of the day that a reorganisation takes effect on, as far as is known.

    Attributes:
        kinds: the kind of each unit that is there, by its id.
        taken: ids of all units that ever were or will be.
        districts: the district of each municipality.
        underway: the units of each other reorganisation that is approved and not done.
    """

    kinds: Mapping[str, str]
    taken: frozenset[str]
    districts: Mapping[str, str]
    underway: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What putting a reorganisation into effect does."""

    from_units: tuple[str, ...]
    ends: tuple[str, ...] = ()
    makes: tuple[tuple[NewUnit, str], ...] = ()
    """New units with their kinds."""
    successors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    municipalities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def drawn_up(draft: Draft, structure: Structure, *, today: date) -> Plan:
    """Return what a reorganisation does.

    Raises:
        Refusal: its day is not ahead, its parts don't fit its kind, it speaks of units or municipalities that are not
            there, a unit would take its own place, or another reorganisation speaks of the same units.
    """
    if draft.effective_on <= today:
        raise Refusal(Code.NOT_AHEAD, earliest=date.fromordinal(today.toordinal() + 1).isoformat())
    _fits_its_kind(draft)
    kind = _one_kind(draft, structure)
    _no_ring(draft)
    _municipalities_are_there(draft, structure)
    if any(draft.touched & other for other in structure.underway):
        raise Refusal(Code.REORGANISATION_OVERLAPS)
    moves = MappingProxyType({number: part.unit for part in draft.parts for number in part.municipalities})
    makes = tuple((unit, kind) for unit in draft.new_units)
    if draft.kind is ReorganisationKind.MOVE_MUNICIPALITIES:
        return Plan(from_units=draft.from_units, makes=makes, municipalities=moves)
    to = draft.rest or draft.parts[0].unit
    return Plan(
        from_units=draft.from_units,
        ends=draft.from_units,
        makes=makes,
        successors=MappingProxyType(dict.fromkeys(draft.from_units, to)),
        municipalities=moves,
    )


def moved(
    state: ReorganisationState, move: ReorganisationMove, *, subject: str, proposed_by: str
) -> ReorganisationState:
    """Return the state that a move leads to.

    Raises:
        Refusal: the state does not allow it, or who proposed it would approve it.
    """
    target = MOVES[move].get(state)
    if target is None:
        allowed = [each.value for each in allowed_moves(state)]
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="reorganisation", state=state.value, allowed=allowed)
    if move is ReorganisationMove.APPROVE and subject == proposed_by:
        raise Refusal(Code.OWN_REORGANISATION)
    return target


def allowed_moves(state: ReorganisationState) -> list[ReorganisationMove]:
    """Return what a state allows next."""
    return [move for move, moves in MOVES.items() if state in moves]


def _fits_its_kind(draft: Draft) -> None:
    units, numbers = [part.unit for part in draft.parts], [n for part in draft.parts for n in part.municipalities]
    new = [unit.id for unit in draft.new_units]
    fits = {
        ReorganisationKind.MERGE: len(units) == 1 and not numbers and draft.rest is None,
        ReorganisationKind.SPLIT: len(draft.from_units) == 1 and len(units) > 1 and draft.rest in units,
        ReorganisationKind.MOVE_MUNICIPALITIES: len(draft.from_units) == len(units) == 1
        and bool(numbers)
        and draft.rest is None
        and not new,
    }[draft.kind]
    once = all(len(set(each)) == len(each) for each in (draft.from_units, units, numbers, new))
    if not fits or not once or not set(new) <= set(units):
        raise Refusal(Code.PARTS_DO_NOT_FIT)


def _one_kind(draft: Draft, structure: Structure) -> str:
    """Return the kind that all its units are of: districts stay districts, special bodies special bodies."""
    new = {unit.id for unit in draft.new_units}
    if taken := sorted(new & structure.taken):
        raise Refusal(Code.UNIT_EXISTS, units=taken)
    kinds = {unit: structure.kinds.get(unit) for unit in draft.touched - new}
    _none_left(Code.UNKNOWN_UNIT, (unit for unit, kind in kinds.items() if kind not in {"district", "special_body"}))
    found = {kind for kind in kinds.values() if kind is not None}
    if len(found) != 1:
        raise Refusal(Code.PARTS_DO_NOT_FIT)
    return found.pop()


def _no_ring(draft: Draft) -> None:
    if set(draft.from_units) & {part.unit for part in draft.parts}:
        raise Refusal(Code.REORGANISATION_CYCLIC)


def _municipalities_are_there(draft: Draft, structure: Structure) -> None:
    [*numbers] = (number for part in draft.parts for number in part.municipalities)
    _none_left(Code.UNKNOWN_MUNICIPALITY, (number for number in numbers if number not in structure.districts))
    elsewhere = sorted(number for number in numbers if structure.districts[number] not in draft.from_units)
    if elsewhere:
        raise Refusal(Code.MUNICIPALITY_NOT_IN_UNIT, municipalities=elsewhere)


def _none_left(code: Code, wrong: Iterable[str]) -> None:
    if any(True for _ in wrong):
        raise Refusal(code)
