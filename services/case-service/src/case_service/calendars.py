"""The Norwegian calendar, with the public holidays that all services share."""

from forkant_kit.working_days import is_public_holiday

from case_service.domain.working_days import Calendar


def norwegian_calendar() -> Calendar:
    """Return the calendar of Norway. Christmas Eve and New Year's Eve are working days, as the law has them."""
    return Calendar(is_public_holiday)
