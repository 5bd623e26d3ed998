"""Asks the case service what a person may know of now, who is not there to ask: as a service of its own."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, Protocol
from uuid import UUID

import httpx
from forkant_contracts.visibility import MOST_ASKED, PersonQuestion, VisibilityAnswer
from forkant_kit.client_credentials import ClientCredentials
from forkant_kit.issuer_documents import IssuerUnavailableError
from forkant_kit.trust import system_trust

from notification_service.domain.audiences import Needs
from notification_service.domain.happenings import Subject
from notification_service.store.letters import Fact
from notification_service.visibility import NOTHING, Sight

PATH: Final = "/v1/visibility/person"


class RightUnknownError(Exception):
    """Nobody says what the person may see; the text is a code of where and how."""


class Rights(Protocol):
    """Says what a person may know of now."""

    async def sight(self, person: Any, facts: Iterable[Fact]) -> Sight:
        """Return what a person may see, now or once, of what these messages are about.

        Raises:
            RightUnknownError: nobody says.
        """

    async def aclose(self) -> None:
        """Let go of what is held open."""


class NobodyAnswers:
    """Where it was not said as whom to ask: messages that need a role alone are told, the others wait."""

    async def sight(self, person: Any, facts: Iterable[Fact]) -> Sight:  # noqa: ARG002 - nobody is asked
        """Say nothing, and nothing is asked where a role is enough."""
        if any(fact.needs != Needs.ROLE for fact in facts):
            raise RightUnknownError("courier_not_set")
        return NOTHING

    async def aclose(self) -> None:
        """Do nothing."""


class AskedRights:
    """The case service's answer, over connections that stay open."""

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

    async def sight(self, person: Any, facts: Iterable[Fact]) -> Sight:
        """Ask about what needs more than a role; what was not asked is not taken from an answer.

        Raises:
            RightUnknownError: nobody says.
        """
        asked = {subject.value: set[UUID]() for subject in (Subject.CASE, Subject.CONCERN)}
        for fact in facts:
            if fact.needs != Needs.ROLE:
                asked[fact.subject].add(fact.subject_id)
        cases, concerns = sorted(asked[Subject.CASE]), sorted(asked[Subject.CONCERN])
        now, former = set[UUID](), set[UUID]()
        while cases or concerns:
            answer = await self._ask(person, cases[:MOST_ASKED], concerns[:MOST_ASKED])
            now |= ({*answer.cases} & {*cases}) | ({*answer.concerns} & {*concerns})
            former |= {*answer.former_cases, *answer.offered_cases} & {*cases}
            cases, concerns = cases[MOST_ASKED:], concerns[MOST_ASKED:]
        return Sight(now=frozenset(now), former=frozenset(former))

    async def _ask(self, person: Any, cases: list[UUID], concerns: list[UUID]) -> VisibilityAnswer:
        question = PersonQuestion(
            subject=person.person,
            unit=person.unit,
            roles=tuple(person.roles),
            clearance=person.clearance,
            cases=tuple(cases),
            concerns=tuple(concerns),
        )
        answer = await self._post(question)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            # A token may be ended before its time.
            self._credentials.forget()
            answer = await self._post(question)
        if answer.status_code != HTTPStatus.OK:
            raise RightUnknownError(f"case_service_{answer.status_code}")
        try:
            return VisibilityAnswer.model_validate_json(answer.content)
        except ValueError:
            raise RightUnknownError("case_service_unreadable") from None

    async def _post(self, question: PersonQuestion) -> httpx.Response:
        try:
            token = await self._credentials.token()
        except (IssuerUnavailableError, httpx.HTTPError, ValueError):
            raise RightUnknownError("issuer_unavailable") from None
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            return await self._http.post(PATH, content=question.model_dump_json(), headers=headers)
        except httpx.HTTPError:
            raise RightUnknownError("case_service_unavailable") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._credentials.aclose()
