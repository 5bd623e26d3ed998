"""ETags made of aggregate versions, and the ``If-Match`` that every unsafe change must carry (RFC 9110)."""

import re
from typing import Final

from forkant_kit.problems import ProblemError

_FORM: Final = re.compile(r'^"v([0-9]{1,9})"$')


def etag(version: int) -> str:
    """Return the strong ETag of a version."""
    return f'"v{version}"'


def expected_version(if_match: str | None) -> int:
    """Return the version that the caller has seen.

    Raises:
        ProblemError: 428 ``if-match-required`` without the header, 412 ``stale-version`` when it can match nothing.
    """
    if if_match is None:
        raise ProblemError(
            428,
            "if-match-required",
            "If-Match is required",
            "Read the resource first and send its ETag in If-Match, so that nobody's change is lost.",
        )
    found = _FORM.match(if_match.strip())
    if found is None:
        raise stale_version()
    return int(found.group(1))


def stale_version() -> ProblemError:
    """Return the 412 problem for a change that was based on an older version."""
    return ProblemError(
        412,
        "stale-version",
        "The resource has changed",
        "Somebody changed it since you read it. Read it again, look at what changed, and repeat your change.",
    )
