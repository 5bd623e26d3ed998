"""What requests about examples of best practice may hold."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from case_service.api import fields as f
from case_service.api.bodies import Body
from case_service.commands.example_drafts import Texts
from case_service.domain.best_practice import Answer, Check, Language, Review, WithdrawalReason


class RewriteExample(Body):
    """An example, written anew and never copied from the case: about any such case, and about nobody."""

    language: Language = Language.BOKMAL
    title: f.Title
    context: f.Story
    what_was_done: f.Story
    mechanism: f.Note | None = None
    conditions: f.Note | None = None
    advice: f.Note

    def texts(self) -> Texts:
        """Return the texts to save."""
        return Texts(**self.model_dump(include=set(RewriteExample.model_fields)))


class DraftExample(RewriteExample):
    """An example drawn from an evaluated case, about one of the measures that it completed."""

    case_id: UUID
    measure_id: UUID | None = None


class AnsweredWarning(Body):
    """What a reviewer says to a warning."""

    warning: Annotated[str, Field(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$", examples=["context.date"])]
    answer: Answer


class ReviewExample(Body):
    """What a reviewer confirms that the texts are free of, and an answer to each warning."""

    checks: frozenset[Check]
    answers: Annotated[tuple[AnsweredWarning, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _each_warning_once(self) -> Self:
        if len({each.warning for each in self.answers}) != len(self.answers):
            raise PydanticCustomError("answered_twice", "answers a warning twice")
        return self

    def review(self) -> Review:
        """Return the review to save."""
        return Review(checks=self.checks, answers={each.warning: each.answer for each in self.answers})


class DiscardExample(Body):
    """A draft is thrown away; there is nothing to say."""


class PublishExample(Body):
    """The example of the own unit that it is the next revision of, if it is one."""

    revises: UUID | None = None


class WithdrawExample(Body):
    """Why an example is withdrawn; one that ``identifies`` somebody loses its texts for good."""

    reason: WithdrawalReason
