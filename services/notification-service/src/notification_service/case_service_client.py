"""Asks the case service what a person may see, with that person's own token: there alone the rule is known."""

import ssl
from http import HTTPStatus
from typing import Final

import httpx
import structlog
from forkant_contracts.visibility import VisibilityAnswer, VisibilityQuestion
from forkant_kit.problems import ProblemError
from forkant_kit.telemetry import current_traceparent
from pydantic import ValidationError

_RETRY_AFTER: Final = {"Retry-After": "2"}
_log = structlog.get_logger(__name__)


class CaseServiceClient:
    """One question to the case service, asked over connections that stay open."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """Hold where to ask; nothing is asked yet. No proxy is used and no redirect followed: a token is on the way."""
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=ssl.create_default_context(),
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
        except ValidationError:
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
        "The case service did not answer, so that no message is shown. Try again in a moment.",
        headers=_RETRY_AFTER,
    )
