"""The HTTP side of refusals: a status, a title and advice for each code, and for nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_kit.etag import stale_version
from forkant_kit.problems import ProblemError, not_found

from notification_service.domain.refusals import Code, Refusal

_CONFLICT: Final = 409
_UNPROCESSABLE: Final = 422

ANSWERS: Final[Mapping[Code, tuple[int, str, str]]] = MappingProxyType(
    {
        Code.UNKNOWN_EVENT_TYPE: (
            _UNPROCESSABLE,
            "There is no such event type",
            "Give CloudEvents types of the contracts, or none for all.",
        ),
        Code.UNKNOWN_UNIT: (
            _UNPROCESSABLE,
            "There is no such unit",
            "Give ids of units, or none for all you may know.",
        ),
        Code.UNIT_NOT_ALLOWED: (
            _UNPROCESSABLE,
            "You may not know what happens in that unit",
            "Leave out the units that are not in or below those in `allowed`.",
        ),
        Code.URL_NOT_ALLOWED: (
            _UNPROCESSABLE,
            "Webhooks may not go to that URL",
            "Give an https URL of a public address, without credentials or fragment; `reason` says what is wrong.",
        ),
        Code.TOO_MANY_ENDPOINTS: (_CONFLICT, "There are too many endpoints", "Remove one that is no longer used."),
        Code.ENDPOINT_DISABLED: (_CONFLICT, "The endpoint is switched off", "Switch it on with enabled: true first."),
        Code.CASE_RESTRICTED: (
            _CONFLICT,
            "The case is restricted",
            "Send it again when the restriction has been lifted.",
        ),
        Code.SUBSCRIPTION_NOT_YOURS: (
            _UNPROCESSABLE,
            "You can't have that subscription",
            "`objections` says what is against it; the preview says the same before you save.",
        ),
        Code.TOO_MANY_SUBSCRIPTIONS: (_CONFLICT, "There are too many subscriptions", "Remove one you don't need."),
        Code.UNKNOWN_TIME_ZONE: (
            _UNPROCESSABLE,
            "There is no such time zone",
            "Give a name of the IANA database, such as Europe/Oslo.",
        ),
        Code.QUIET_HOURS_EMPTY: (
            _UNPROCESSABLE,
            "The quiet hours begin when they end",
            "Give two times, or null for none.",
        ),
        Code.WEEKDAY_OF_A_WEEK: (
            _UNPROCESSABLE,
            "A weekday belongs to a weekly digest",
            "Give weekday with every: week, and leave it out with every: day.",
        ),
        Code.DIGEST_IN_QUIET_HOURS: (
            _UNPROCESSABLE,
            "The digest would come in the quiet hours",
            "Choose another hour, or other quiet hours.",
        ),
        Code.DIGEST_IS_OFF: (
            _UNPROCESSABLE,
            "There is no digest",
            "Say when a digest comes before you put kinds in it.",
        ),
        Code.KIND_IS_MANDATORY: (
            _UNPROCESSABLE,
            "Some kinds are always told at once",
            "Leave out the kinds in `kinds`: somebody must act on them.",
        ),
        Code.ADDRESS_MALFORMED: (
            _UNPROCESSABLE,
            "That is no address of the channel",
            "An e-mail address in ASCII, or a number such as +4791234567.",
        ),
        Code.CHANNEL_OFF: (_UNPROCESSABLE, "Nothing is sent by that channel", "Choose one that `channels` names."),
        Code.CODE_WRONG: (_UNPROCESSABLE, "The code is another", "Look at the newest letter; five tries are given."),
        Code.CODE_OVER: (
            _CONFLICT,
            "There is no code to confirm with",
            "It was used, is too old or was tried too often: ask for a new one.",
        ),
        Code.TOO_MANY_CODES: (_CONFLICT, "Too many codes were sent today", "Try again tomorrow."),
        Code.LETTER_NOT_DEAD: (_CONFLICT, "The letter is no dead letter", "Only what did not arrive is sent again."),
    }
)
"""Status, title and advice by code; what is missing or stale has the kit's own documents."""


def problem_of(refusal: Refusal) -> ProblemError:
    """Return the problem document for a refusal."""
    if refusal.code is Code.NOT_FOUND:
        return not_found()
    if refusal.code is Code.STALE_VERSION:
        return stale_version()
    status, title, detail = ANSWERS[refusal.code]
    return ProblemError(status, refusal.code.value, title, detail, extra=dict(refusal.facts))
