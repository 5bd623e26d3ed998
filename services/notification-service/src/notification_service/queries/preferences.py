"""What a person chose; whoever chose nothing yet has what the service begins with."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.pacing import Digest, Every, How, Pace, Quiet
from notification_service.queries.rows import one_or_none
from notification_service.tables import preference


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A person's choices; version 0 before the first."""

    language: Language = Language.NB
    pace: Pace = field(default_factory=Pace)
    version: int = 0


async def chosen(conn: AsyncConnection, person: str) -> Chosen:
    """Return what a person chose."""
    row = await one_or_none(conn, select(preference).where(preference.c.person == person))
    return (
        Chosen()
        if row is None
        else Chosen(language=Language(row["language"]), pace=pace_of(row), version=row["version"])
    )


def pace_of(row: dict[str, Any]) -> Pace:
    """Return what a row says of when somebody is told; a kind that is no more is left out."""
    quiet = None if row["quiet_start"] is None else Quiet(start=row["quiet_start"], end=row["quiet_end"])
    digest = None
    if row["digest"] is not None:
        digest = Digest(every=Every(row["digest"]), hour=row["digest_hour"], weekday=row["digest_weekday"])
    known = {kind.value for kind in Kind}
    kinds = {Kind(kind): How(how) for kind, how in row["kinds"].items() if kind in known}
    return Pace(zone=row["time_zone"], quiet=quiet, digest=digest, kinds=kinds)
