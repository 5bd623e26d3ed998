"""Links between cases: that two have to do with each other, and how."""

from enum import StrEnum
from typing import Final


class LinkKind(StrEnum):
    """How the case at one end stands to the one at the other; the list is an assumption [a]."""

    RELATED = "related"
    SAME_SUBJECT_GROUP = "same_subject_group"
    FOLLOWS = "follows"
    PART_OF = "part_of"


class Direction(StrEnum):
    """At which end of a link a case stands."""

    TO = "to"
    """The case follows, or is part of, the other."""
    FROM = "from"
    """The other follows, or is part of, the case."""
    BOTH = "both"
    """There is no first and second."""


BOTH_WAYS: Final = frozenset({LinkKind.RELATED, LinkKind.SAME_SUBJECT_GROUP})
"""Kinds that say the same read from either end."""
