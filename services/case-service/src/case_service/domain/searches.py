"""Searches that people keep: whose they are, who may share one, how many, and how long [a]."""

from collections.abc import Collection
from datetime import date
from typing import Final

from forkant_contracts.codes import Role

from case_service.domain.moments import add_months
from case_service.domain.refusals import Code, Refusal

MOST_SEARCHES: Final = 50
"""How many searches one person keeps [a]."""
KEPT_MONTHS: Final = 12
"""Months that a search is kept after it was saved last [a]: its words may tell of somebody."""


def last_day(saved_on: date) -> date:
    """Return the last day on which a search is kept."""
    return add_months(saved_on, KEPT_MONTHS)


def check_sharing(*, shared: bool, roles: Collection[str]) -> None:
    """Refuse to show a search to the unit on behalf of who does not lead its work.

    Raises:
        Refusal: as said.
    """
    if shared and Role.PREVENTION_LEAD not in roles:
        raise Refusal(Code.SHARING_IS_FOR_LEADS)


def check_room(kept: int) -> None:
    """Refuse one more search than a person may keep.

    Raises:
        Refusal: as said.
    """
    if kept >= MOST_SEARCHES:
        raise Refusal(Code.SEARCH_LIMIT, most=str(MOST_SEARCHES))


def check_owner(owner: str, *, actor: str) -> None:
    """Refuse to change what somebody else keeps.

    Raises:
        Refusal: as said.
    """
    if owner != actor:
        raise Refusal(Code.SEARCH_OF_SOMEBODY_ELSE)
