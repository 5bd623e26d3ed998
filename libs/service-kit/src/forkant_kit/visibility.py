"""Asks the case service what a person may see, with that person's own token: there alone the rule is known.

A service that keeps ids of cases shows them to those alone who may know of them, and asks each time that somebody
looks. No answer shows nothing.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog
from forkant_contracts.visibility import VisibilityAnswer, VisibilityQuestion
from pydantic import Field, field_validator

from forkant_kit.problems import ProblemError
from forkant_kit.settings import Environment, ServiceSettings, rule
from forkant_kit.telemetry import current_traceparent
from forkant_kit.trust import system_trust

RETRY_AFTER: Final = {"Retry-After": "2"}
_log = structlog.get_logger(__name__)


class VisibilitySettings(ServiceSettings):
    """Where it is asked what a person may see, with the prefix ``FORKANT_``."""

    case_service_url: str = "http://127.0.0.1:8001"
    """Where the case service answers; readers' tokens go there, so it must be ``https`` in production."""
    case_service_timeout_seconds: float = Field(default=2.0, gt=0, le=30)
    """How long it may take to answer; then nothing is shown."""

    @field_validator("case_service_url")
    @classmethod
    def _case_service_is_a_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("must be an http(s) URL without credentials and query")
        return value.rstrip("/")

    @rule
    def _tokens_travel_safely_in_production(self) -> Iterator[str]:
        if self.env is Environment.PRODUCTION and not self.case_service_url.startswith("https://"):
            yield "case_service_url must be https in production"


class CaseServiceClient:
    """One question to the case service, asked over connections that stay open."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """Hold where to ask; nothing is asked yet. No proxy is used and no redirect followed: a token is on the way."""
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=system_trust(),
        )

    async def visible(self, question: VisibilityQuestion, *, authorization: str) -> VisibilityAnswer:
        """Return what the bearer of the token may see of what is asked about; somebody without cases sees none.

        Args:
            question: the cases and concerns.
            authorization: the Authorization header of the request that is served.

        Raises:
            ProblemError: 503 ``case-service-unavailable``, since what is not known may not be shown.
        """
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        trace = current_traceparent()
        if trace is not None:
            headers["traceparent"] = trace
        try:
            answer = await self._http.post("/v1/visibility", content=question.model_dump_json(), headers=headers)
        except httpx.HTTPError as error:
            raise _unavailable(type(error).__name__) from None
        if answer.status_code == HTTPStatus.FORBIDDEN:
            return VisibilityAnswer()
        if answer.status_code != HTTPStatus.OK:
            raise _unavailable(str(answer.status_code))
        try:
            return VisibilityAnswer.model_validate_json(answer.content)
        except ValueError:
            raise _unavailable("unreadable") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _unavailable(reason: str) -> ProblemError:
    _log.warning("visibility_unknown", reason=reason)
    return ProblemError(
        503,
        "case-service-unavailable",
        "It is not known what you may see",
        "The case service did not answer, so that nothing is shown. Try again in a moment.",
        headers=RETRY_AFTER,
    )
