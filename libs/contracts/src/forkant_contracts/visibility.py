"""What one service asks the case service for a person: which of these cases and concerns they may see now.

Ids go in and ids come back, so that a service that keeps ids of cases shows them to those alone who may know of them,
without knowing who is a member of what.
"""

from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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
