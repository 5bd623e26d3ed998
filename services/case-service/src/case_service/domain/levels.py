"""How confidential a case is, and what that asks of those who see it."""

from enum import IntEnum


class Level(IntEnum):
    """Confidentiality of a case, and the clearance that it takes to see it."""

    ORDINARY = 1
    CONFIDENTIAL = 2
    STRICTLY_CONFIDENTIAL = 3
