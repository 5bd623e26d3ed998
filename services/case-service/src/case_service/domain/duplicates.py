"""What makes two cases, or a concern and a case, look alike: codes that are equal, and moments that are near.

Nothing here weighs or counts: what looks alike is listed with the reasons, and a person says whether it is the same.
The reasons, and that all of them must hold, are assumptions [a].
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

NEAR: Final = timedelta(days=90)
"""How far apart two things may have been opened or received and still be taken for one [a]."""


class Reason(StrEnum):
    """Why something is listed as alike."""

    SAME_SUBJECT = "same_subject"
    SAME_CASE_TYPE = "same_case_type"
    SAME_THEME = "same_theme"
    SAME_AGE_BAND = "same_age_band"
    SAME_MUNICIPALITY = "same_municipality"
    NEAR_IN_TIME = "near_in_time"


class Alike(StrEnum):
    """What may be alike."""

    CASE = "case"
    CONCERN = "concern"
