"""What a call gives back, and the one error of a call that was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Part = dict[str, Any]
"""An answer that shows only the fields that the caller named, as it came: `id` and `version` are always in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """A successful answer.

    Attributes:
        body: what the service says.
        status: the HTTP status.
        etag: what the next change of the same thing gives as ``if_match``.
        location: where something new can be read.
        replayed: whether the service had answered this idempotency key before and did nothing again.
    """

    body: T
    status: int
    etag: str | None = None
    location: str | None = None
    replayed: bool = False


class RefusedError(Exception):
    """The service refused a call; nothing was changed.

    Attributes:
        status: the HTTP status.
        code: the stable code of the problem document (RFC 9457), to build on; ``http-<status>`` when there is none.
        advice: what the document says to do next.
        facts: what the document says besides: the state, what is allowed, where a field is wrong.
        retry_after_s: how many seconds to wait before the same call may be done, when the service says so.
    """

    def __init__(
        self, *, status: int, code: str, advice: str, facts: Mapping[str, Any], retry_after_s: float | None
    ) -> None:
        """Keep what the problem document says."""
        super().__init__(f"{status} {code}: {advice}")
        self.status = status
        self.code = code
        self.advice = advice
        self.facts = facts
        self.retry_after_s = retry_after_s
