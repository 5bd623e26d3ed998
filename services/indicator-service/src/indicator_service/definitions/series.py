"""What comes from outside, in imports: their kinds, and the series of figures in each; definitions use these terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ImportKind(StrEnum):
    """What an import is of."""

    POPULATIONS = "populations"
    HOURS = "hours"
    OFFENCES = "offences"
    INCIDENTS = "incidents"
    COOPERATIONS = "cooperations"


class Series(StrEnum):
    """One column of figures, a whole number for each unit and period. Months are those named in the comment."""

    INHABITANTS = "inhabitants"  # on 1 January of the year
    PREVENTION_HOURS = "prevention_hours"  # worked in the month
    TOTAL_HOURS = "total_hours"  # worked in the month
    SUBJECTS_CLOSED = "subjects_closed"  # subjects whose case was closed in the month
    OFFENCE_WITHIN_6_MONTHS = "offence_within_6_months"  # of those
    OFFENCE_WITHIN_12_MONTHS = "offence_within_12_months"  # of those
    INCIDENTS_BEFORE = "incidents_before"  # in the 90 days before the first measure; place cases closed in the month
    INCIDENTS_AFTER = "incidents_after"  # in the 90 days after the closing of the same cases
    COOPERATING_MUNICIPALITIES = "cooperating_municipalities"  # on the last day of the month
    MUNICIPALITIES = "municipalities"  # on the last day of the month


@dataclass(frozen=True, slots=True)
class FollowUp:
    """For how long after its month a figure goes on being observed."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an import of a kind holds.

    Attributes:
        kind: which kind.
        series: its columns.
        yearly: whether its periods are years, as of 1 January; else they are months.
        state: whether a figure is as it was on the period's last day, so that months don't add up.
        districts_only: whether special bodies have no such figures.
        bounds: pairs of a part and its whole, which a part does not exceed.
        follow_up: how much longer than its month a series is observed. One that is observed longer than others of
            its row is left out of the row until then.
    """

    kind: ImportKind
    series: tuple[Series, ...]
    yearly: bool = False
    state: bool = False
    districts_only: bool = False
    bounds: tuple[tuple[Series, Series], ...] = ()
    follow_up: Mapping[Series, FollowUp] = field(default_factory=dict)


_FORMS: Final = (
    Form(kind=ImportKind.POPULATIONS, series=(Series.INHABITANTS,), yearly=True, districts_only=True),
    Form(
        kind=ImportKind.HOURS,
        series=(Series.PREVENTION_HOURS, Series.TOTAL_HOURS),
        bounds=((Series.PREVENTION_HOURS, Series.TOTAL_HOURS),),
    ),
    Form(
        kind=ImportKind.OFFENCES,
        series=(Series.SUBJECTS_CLOSED, Series.OFFENCE_WITHIN_6_MONTHS, Series.OFFENCE_WITHIN_12_MONTHS),
        bounds=(
            (Series.OFFENCE_WITHIN_6_MONTHS, Series.OFFENCE_WITHIN_12_MONTHS),
            (Series.OFFENCE_WITHIN_6_MONTHS, Series.SUBJECTS_CLOSED),
            (Series.OFFENCE_WITHIN_12_MONTHS, Series.SUBJECTS_CLOSED),
        ),
        follow_up={
            Series.SUBJECTS_CLOSED: FollowUp(),
            Series.OFFENCE_WITHIN_6_MONTHS: FollowUp(months=6),
            Series.OFFENCE_WITHIN_12_MONTHS: FollowUp(months=12),
        },
    ),
    Form(
        kind=ImportKind.INCIDENTS,
        series=(Series.INCIDENTS_BEFORE, Series.INCIDENTS_AFTER),
        follow_up={Series.INCIDENTS_BEFORE: FollowUp(days=90), Series.INCIDENTS_AFTER: FollowUp(days=90)},
    ),
    Form(
        kind=ImportKind.COOPERATIONS,
        series=(Series.COOPERATING_MUNICIPALITIES, Series.MUNICIPALITIES),
        state=True,
        districts_only=True,
        bounds=((Series.COOPERATING_MUNICIPALITIES, Series.MUNICIPALITIES),),
    ),
)
FORMS: Final[Mapping[ImportKind, Form]] = MappingProxyType({form.kind: form for form in _FORMS})
"""The forms by kind."""
FORM_OF: Final[Mapping[Series, Form]] = MappingProxyType({series: form for form in _FORMS for series in form.series})
"""The form that a series belongs to."""
