"""What one service asks the case service for a person: which of these cases and concerns they may see now.

Ids go in and ids come back, so that a service that keeps ids of cases shows them to those alone who may know of them,
without knowing who is a member of what.
"""

from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from forkant_contracts.fields import UnitId

MOST_ASKED: Final = 2_000
"""How many cases, and how many concerns, one question may name."""

_Ids = Annotated[tuple[UUID, ...], Field(max_length=MOST_ASKED)]


class VisibilityQuestion(BaseModel):
    """Which of these may the bearer of the token see?"""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    cases: _Ids = ()
    """Ids of cases."""
    concerns: _Ids = ()
    """Ids of concerns."""


class PersonQuestion(VisibilityQuestion):
    """Which of these may a person see who is not there to ask?

    Of the person it says what their own token said when they used it last; what they may see with that is decided now.
    """

    subject: Annotated[str, Field(min_length=1, max_length=255)]
    """The person, as tokens name them."""
    unit: UnitId
    """The unit of that token."""
    roles: Annotated[tuple[str, ...], Field(max_length=50)]
    """The roles of that token."""
    clearance: Annotated[int, Field(ge=0, le=9)]
    """The clearance of that token."""


class VisibilityAnswer(BaseModel):
    """Those of the question that the bearer may see; of the others nothing is said, not even whether they exist."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    cases: tuple[UUID, ...] = ()
    """Cases that the bearer may see now."""
    former_cases: tuple[UUID, ...] = ()
    """Cases that the bearer may no longer see and once could: that they are gone is theirs to know."""
    offered_cases: tuple[UUID, ...] = ()
    """Cases that the bearer may not see and that are on offer to their unit: that an answer waits is theirs to know."""
    concerns: tuple[UUID, ...] = ()
    """Concerns that the bearer may see now."""
