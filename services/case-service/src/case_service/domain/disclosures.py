"""Giving something of a case to somebody outside («utlevering»): prepared, approved by somebody else, given.

Confidentiality («taushetsplikt») is the rule, so that each disclosure names its recipient, its legal basis and exactly
what is given. Whether these codes and the two persons are what the law asks for is an assumption [a] that a lawyer must
confirm (Police Databases Act, chapter 6; Law Enforcement Directive, art. 9 and 25).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from case_service.domain.refusals import Code, Refusal


class RecipientKind(StrEnum):
    """What kind of body something of a case is given to."""

    CHILD_WELFARE = "child_welfare"
    SCHOOL = "school"
    HEALTH = "health"
    MUNICIPALITY = "municipality"
    MEDIATION_SERVICE = "mediation_service"
    POLICE_UNIT = "police_unit"
    PROSECUTION = "prosecution"
    COURT = "court"
    CORRECTIONAL_SERVICE = "correctional_service"
    OVERSIGHT = "oversight"


class DisclosureBasis(StrEnum):
    """On which ground confidentiality gives way [a]."""

    PREVENT_CRIME = "prevent_crime"
    RECIPIENTS_TASK = "recipients_task"
    DUTY_TO_REPORT = "duty_to_report"
    DUTY_TO_AVERT = "duty_to_avert"
    POLICE_PURPOSE = "police_purpose"
    COURT_ORDER = "court_order"
    CONSENT = "consent"


class DisclosureMethod(StrEnum):
    """How something was given."""

    MEETING = "meeting"
    PHONE = "phone"
    LETTER = "letter"
    SECURE_MESSAGE = "secure_message"


class DisclosureState(StrEnum):
    """Where a disclosure stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    DISCLOSED = "disclosed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class DisclosureMove(StrEnum):
    """What can be done with a disclosure that was prepared."""

    APPROVE = "approve"
    REFUSE = "refuse"
    DISCLOSE = "disclose"
    WITHDRAW = "withdraw"


MOVES: Final[Mapping[DisclosureMove, Mapping[DisclosureState, DisclosureState]]] = MappingProxyType(
    {
        DisclosureMove.APPROVE: {DisclosureState.PREPARED: DisclosureState.APPROVED},
        DisclosureMove.REFUSE: {DisclosureState.PREPARED: DisclosureState.REFUSED},
        DisclosureMove.DISCLOSE: {DisclosureState.APPROVED: DisclosureState.DISCLOSED},
        DisclosureMove.WITHDRAW: {
            DisclosureState.PREPARED: DisclosureState.WITHDRAWN,
            DisclosureState.APPROVED: DisclosureState.WITHDRAWN,
        },
    }
)
"""The state that each move leads to from each state where it is legal."""
_BY_SOMEBODY_ELSE: Final = frozenset({DisclosureMove.APPROVE, DisclosureMove.REFUSE})

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "case": (
            "title", "subject", "description", "state", "case_type", "theme", "age_band", "subject_category", "arena",
            "municipality_number",
        ),
        "assessment": (
            "risk_factors", "protective_factors", "summary", "best_interests", "child_view", "child_not_heard",
            "guardian_contact", "guardian_not_contacted", "duty_to_report",
        ),
        "plan": ("summary", "goals"),
        "evaluation": ("effect", "mechanism", "moderators", "implementation", "economics"),
    }
)  # fmt: skip
"""What of a case can be given by name; assessment, plan and evaluation are those of the current round."""
ITEMS: Final = ("measure", "follow_up", "information", "attachment")
"""What of a case can be given by its id, as ``information/{id}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Givable:
    """What a case holds at a moment: the codes of all that is there, and of what is restricted of it."""

    there: frozenset[str]
    restricted: frozenset[str] = frozenset()


def moved(state: DisclosureState, move: DisclosureMove, *, actor: str, requested_by: str) -> DisclosureState:
    """Return where a disclosure stands after a move.

    Raises:
        Refusal: its state does not allow the move, or it is for somebody else to decide than who asked for it.
    """
    target = MOVES[move].get(state)
    if target is None:
        allowed = [each.value for each in allowed_moves(state)]
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="disclosure", state=state.value, allowed=allowed)
    if move in _BY_SOMEBODY_ELSE and actor == requested_by:
        raise Refusal(Code.OWN_DISCLOSURE)
    return target


def allowed_moves(state: DisclosureState) -> list[DisclosureMove]:
    """Return what a disclosure's state allows next."""
    return [move for move, states in MOVES.items() if state in states]


def check_fields(fields: Iterable[str], givable: Givable) -> None:
    """Refuse to give what the case does not hold at this moment, or what is restricted.

    Raises:
        Refusal: as said; it names the fields, which are codes and ids that the caller gave.
    """
    asked = set(fields)
    if missing := sorted(asked - givable.there):
        raise Refusal(Code.FIELD_NOT_THERE, fields=missing)
    if restricted := sorted(asked & givable.restricted):
        raise Refusal(Code.FIELD_RESTRICTED, fields=restricted)
