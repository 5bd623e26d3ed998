"""What a person chose; whoever chose nothing yet has what the service begins with."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.languages import Language
from notification_service.domain.pacing import Pace
from notification_service.store.choices import language_in, pace_in
from notification_service.tables import preference


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A person's choices; version 0 before the first."""

    language: Language = Language.NB
    pace: Pace = field(default_factory=Pace)
    version: int = 0


async def chosen(conn: AsyncConnection, person: str) -> Chosen:
    """Return what a person chose."""
    row = (await conn.execute(select(preference).where(preference.c.person == person))).one_or_none()
    return Chosen() if row is None else Chosen(language=language_in(row), pace=pace_in(row), version=row.version)
