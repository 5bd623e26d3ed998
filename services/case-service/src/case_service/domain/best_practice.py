"""Examples of best practice («beste praksis»): drawn from evaluated cases, reviewed by others, published without them.

Measure 1 of the strategy: best practice is collected and shared, so that other districts need not find out again what
works. A draft is its case's and its unit's; what is published has no way back to the case.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from case_service.domain.identifying import Sign, signs_in
from case_service.domain.refusals import Code, Refusal

FEWEST_ALIKE: Final = 5
"""From how many cases of its theme, type and unit on the codes of an example point to none of them [a]."""


class Language(StrEnum):
    """In which of the two written languages an example is."""

    BOKMAL = "nb"
    NYNORSK = "nn"


class DraftState(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    REVIEWED = "reviewed"


class ExampleState(StrEnum):
    """Where an example stands."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class WithdrawalReason(StrEnum):
    """Why an example is withdrawn."""

    OUTDATED = "outdated"
    DISPROVED = "disproved"
    IDENTIFIES = "identifies"
    """It points to somebody after all: its texts go too."""


class Check(StrEnum):
    """What a reviewer confirms that the texts are free of."""

    NAMES = "names"
    PLACES = "places"
    DATES = "dates"
    RARE_COMBINATION = "rare_combination"
    PHOTOS_AND_LINKS = "photos_and_links"


class Answer(StrEnum):
    """What a reviewer says to a warning."""

    FALSE_ALARM = "false_alarm"
    PUBLIC_KNOWLEDGE = "public_knowledge"
    RISK_ACCEPTED = "risk_accepted"


class Move(StrEnum):
    """What is done with a draft."""

    REWRITE = "rewrite"
    REVIEW = "review"
    PUBLISH = "publish"
    DISCARD = "discard"


_EVERY: Final = frozenset(DraftState)
MOVES: Final[Mapping[Move, Collection[DraftState]]] = MappingProxyType(
    {
        Move.REWRITE: _EVERY,
        Move.REVIEW: frozenset({DraftState.DRAFT}),
        Move.PUBLISH: frozenset({DraftState.REVIEWED}),
        Move.DISCARD: _EVERY,
    }
)
"""From which states each move is legal; what was reviewed is a draft again once it is rewritten."""

_BY_ANOTHER: Final = frozenset({Move.REVIEW, Move.PUBLISH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a reviewer confirmed, and answered to the warnings."""

    checks: frozenset[Check]
    answers: Mapping[str, Answer]


def allowed_moves(state: DraftState) -> list[Move]:
    """Return what a state allows next."""
    return [move for move, states in MOVES.items() if state in states]


def may_move(state: DraftState, move: Move, *, actor: str, authors: Collection[str]) -> None:
    """Let a draft be moved on.

    Raises:
        Refusal: its state does not allow it, or one of its authors is to review or publish it.
    """
    if state not in MOVES[move]:
        allowed = [each.value for each in allowed_moves(state)]
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="draft", state=state.value, allowed=allowed)
    if move in _BY_ANOTHER and actor in authors:
        raise Refusal(Code.OWN_EXAMPLE)


def warnings_of(texts: Mapping[str, str], *, few_alike: bool) -> list[str]:
    """Return what a reviewer has to answer: where, and what stands there; in an order that stays."""
    found = [f"{name}.{sign.value}" for name, text in texts.items() for sign in signs_in(text)]
    return sorted([*found, f"codes.{Sign.FEW_ALIKE.value}"] if few_alike else found)


def answered(review: Review, *, warnings: Collection[str]) -> dict[str, Answer]:
    """Return the answers to the warnings of a review that is complete; one to a warning that is gone is left out.

    Raises:
        Refusal: something is not confirmed, or a warning is not answered.
    """
    unchecked = [check.value for check in Check if check not in review.checks]
    if unchecked:
        raise Refusal(Code.CHECKS_MISSING, missing=unchecked)
    unanswered = [warning for warning in warnings if warning not in review.answers]
    if unanswered:
        raise Refusal(Code.WARNINGS_UNANSWERED, missing=unanswered)
    return {warning: review.answers[warning] for warning in warnings}
