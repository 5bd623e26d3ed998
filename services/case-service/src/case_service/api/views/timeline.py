"""What happened in a case, and who did it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.labels import Language


class ActorView(View):
    """Who did something: a person with the unit and roles of then, or the service itself."""

    subject: str
    unit: str
    roles: list[str]
    service: bool = Field(description="The service did it, since a day had come; nobody asked for it.")


class ItemView(View):
    """What of the case it is about."""

    kind: str
    id: UUID


class TimelineNote(View):
    """What somebody wrote about it."""

    text: str
    author: str


class TimelineLine(View):
    """One thing that happened."""

    code: str = Field(description="An event type such as `measure.started`, or an act such as `case.set_level`.")
    template: str = Field(description="The name and version of the template that the sentence is made from.")
    sentence: str = Field(
        description="For people to read; made of codes, days and numbers, with nothing anybody wrote."
    )
    version: int = Field(description="The version that the case had after it.")
    unit: str | None = Field(
        description="The unit that held the case after it; null for an act that no event tells of."
    )
    occurred_at: datetime
    recorded_at: datetime
    actor: ActorView | None = Field(description="Null when the audit trail no longer reaches back to it.")
    item: ItemView | None
    facts: dict[str, Any] = Field(description="The codes of the event; see the AsyncAPI description of the type.")
    note: TimelineNote | None


class TimelinePage(View):
    """A page of a timeline, oldest first."""

    language: Language
    items: list[TimelineLine]
    next: str | None
