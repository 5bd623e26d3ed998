"""Asks the case service what is counted of its cases and concerns, as a service of its own."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import httpx
from forkant_contracts.recount import RecountedCases, RecountedConcerns
from forkant_kit.client_credentials import ClientCredentials
from forkant_kit.issuer_documents import IssuerUnavailableError
from forkant_kit.trust import system_trust

Page = RecountedCases | RecountedConcerns
_PAGES: Final[dict[str, type[RecountedCases] | type[RecountedConcerns]]] = {
    "case": RecountedCases,
    "concern": RecountedConcerns,
}


class RecountUnavailableError(Exception):
    """The case service, or the issuer, gave no usable answer; the text is a code of where and how."""


class RecountClient:
    """Pages of what is counted, over a connection that stays open."""

    def __init__(self, url: str, *, credentials: ClientCredentials, timeout_s: float) -> None:
        """Hold where to ask and as whom; no proxy is used and no redirect followed: a token is on the way."""
        self._credentials = credentials
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=system_trust(),
        )

    async def page(self, kind: str, *, after: UUID | None, limit: int) -> Page:
        """Return what is counted of the cases or concerns after an id.

        Raises:
            RecountUnavailableError: nobody says what is counted.
        """
        return await self._ask(kind, {"limit": limit} | ({} if after is None else {"after": str(after)}))

    async def named(self, kind: str, ids: Collection[UUID]) -> Page:
        """Return what is counted of some cases or concerns.

        Raises:
            RecountUnavailableError: nobody says what is counted.
        """
        return await self._ask(kind, {"id": [str(each) for each in ids]})

    async def _ask(self, kind: str, query: dict[str, Any]) -> Page:
        answer = await self._get(f"/v1/recount/{kind}s", query)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            # A token may be ended before its time.
            self._credentials.forget()
            answer = await self._get(f"/v1/recount/{kind}s", query)
        if answer.status_code != HTTPStatus.OK:
            raise RecountUnavailableError(f"case_service_{answer.status_code}")
        try:
            return _PAGES[kind].model_validate_json(answer.content)
        except ValueError:
            raise RecountUnavailableError("case_service_unreadable") from None

    async def _get(self, path: str, query: dict[str, Any]) -> httpx.Response:
        try:
            token = await self._credentials.token()
        except (IssuerUnavailableError, httpx.HTTPError, ValueError):
            raise RecountUnavailableError("issuer_unavailable") from None
        try:
            return await self._http.get(path, params=query, headers={"Authorization": f"Bearer {token}"})
        except httpx.HTTPError:
            raise RecountUnavailableError("case_service_unavailable") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._credentials.aclose()
