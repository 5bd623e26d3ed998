"""What a person chose, as rows of the queue hold it; whoever chose nothing has what the service begins with."""

from typing import Any

import orjson

from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.pacing import Digest, Every, How, Pace, Quiet


def pace_in(row: Any) -> Pace:
    """Return when somebody is told; a kind that is no more is left out."""
    if row.time_zone is None:
        return Pace()
    quiet = None if row.quiet_start is None else Quiet(start=row.quiet_start, end=row.quiet_end)
    digest = None
    if row.digest is not None:
        digest = Digest(every=Every(row.digest), hour=row.digest_hour, weekday=row.digest_weekday)
    known = {kind.value for kind in Kind}
    chosen = row.kinds if isinstance(row.kinds, dict) else orjson.loads(row.kinds)
    kinds = {Kind(kind): How(how) for kind, how in chosen.items() if kind in known}
    return Pace(zone=row.time_zone, quiet=quiet, digest=digest, kinds=kinds)


def language_in(row: Any) -> Language:
    """Return in which language somebody is written to."""
    return Language.NB if row.language is None else Language(row.language)
