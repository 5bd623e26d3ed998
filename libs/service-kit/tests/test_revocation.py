"""Tokens that were revoked pass no more; whom the issuer answers, and whether it does, is up to each test."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from forkant_kit.introspection import Introspection
from forkant_kit.issuer_documents import IssuerAddress, IssuerUnavailableError
from forkant_kit.problems import ProblemError
from forkant_kit.revocation import Pace, Revocations
from forkant_kit.testing import until
from pydantic import SecretStr

ISSUER = "https://issuer.example"
ENDPOINT = f"{ISSUER}/introspect"
QUICK = Pace(fresh_s=0.08, renew_after_s=0.04, ask_every_s=0.06, retry_s=0.02, timeout_s=1.0, grace_s=0.5)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeIssuer:
    """Knows what was revoked, counts what it is asked, and may be silent or slow."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.revoked: set[str] = set()
        self.silent = False
        self.hold: asyncio.Event | None = None

    async def is_active(self, token: str) -> bool:
        self.asked.append(token)
        if self.hold is not None:
            await self.hold.wait()
        if self.silent:
            raise IssuerUnavailableError("silent")
        return token not in self.revoked

    async def aclose(self) -> None: ...


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def revocations(issuer: FakeIssuer, clock: Clock) -> AsyncIterator[Revocations]:
    found = Revocations(issuer, clock=clock)
    yield found
    await found.aclose()


@pytest.fixture
async def quick(issuer: FakeIssuer) -> AsyncIterator[Revocations]:
    found = Revocations(issuer, pace=QUICK)
    yield found
    await found.aclose()


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def passes(revocations: Revocations, token: str = "t") -> str:
    """Return ``yes``, or the code and reason of the refusal."""
    try:
        await revocations.require(token, digest(token))
    except ProblemError as problem:
        return f"{problem.code} {problem.extra.get('reason', '')}".strip()
    return "yes"


async def asked(issuer: FakeIssuer, times: int) -> None:
    async def so_often() -> bool:
        return len(issuer.asked) >= times

    await until(so_often, what=f"{times} questions")


async def test_a_hundred_requests_with_one_token_make_one_question(revocations: Revocations, issuer: FakeIssuer):
    assert set(await asyncio.gather(*[passes(revocations) for _ in range(100)])) == {"yes"}
    assert await passes(revocations) == "yes"
    assert issuer.asked == ["t"]


async def test_a_yes_is_renewed_in_the_background_before_anybody_has_to_wait(
    revocations: Revocations, issuer: FakeIssuer, clock: Clock
):
    await passes(revocations)
    issuer.hold = asyncio.Event()
    clock.now += 3
    # Would wait for ever, if it waited for the answer.
    assert await asyncio.wait_for(passes(revocations), 5) == "yes"
    await asked(issuer, 2)
    issuer.hold.set()


async def test_a_revoked_token_is_refused_as_soon_as_the_last_yes_is_four_seconds_old(
    revocations: Revocations, issuer: FakeIssuer, clock: Clock
):
    await passes(revocations)
    issuer.revoked.add("t")
    clock.now += 4
    assert await passes(revocations) == "invalid-token revoked"
    assert await passes(revocations, "another") == "yes"


async def test_a_renewal_that_brings_a_no_refuses_at_once(revocations: Revocations, issuer: FakeIssuer, clock: Clock):
    await passes(revocations)
    issuer.revoked.add("t")
    clock.now += 2.5
    await passes(revocations)

    async def refused() -> bool:
        return await passes(revocations) == "invalid-token revoked"

    await until(refused, what="the renewal's answer counting")
    assert len(issuer.asked) == 2


async def test_an_answer_is_as_old_as_its_question(revocations: Revocations, issuer: FakeIssuer, clock: Clock):
    issuer.hold = asyncio.Event()
    waiting = asyncio.create_task(passes(revocations))
    await asked(issuer, 1)
    clock.now += 4
    issuer.hold.set()
    await waiting
    issuer.revoked.add("t")
    assert await passes(revocations) == "invalid-token revoked"


async def test_a_refusal_is_remembered_so_that_a_revoked_token_does_not_busy_the_issuer(
    revocations: Revocations, issuer: FakeIssuer, clock: Clock
):
    issuer.revoked.add("t")
    for _ in range(20):
        assert await passes(revocations) == "invalid-token revoked"
        clock.now += 1
    assert len(issuer.asked) == 1


async def test_a_silent_issuer_is_borne_for_fifteen_seconds_and_then_nothing_passes(
    revocations: Revocations, issuer: FakeIssuer, clock: Clock
):
    await passes(revocations)
    issuer.silent = True
    clock.now += 14.9
    assert await passes(revocations) == "yes"
    clock.now += 0.2
    assert await passes(revocations) == "identity-provider-unavailable"
    issuer.silent = False
    clock.now += 1
    assert await passes(revocations) == "yes"


async def test_a_token_that_the_issuer_never_confirmed_does_not_pass(revocations: Revocations, issuer: FakeIssuer):
    issuer.silent = True
    assert await passes(revocations) == "identity-provider-unavailable"


async def test_a_silent_issuer_is_asked_about_a_token_once_a_second(
    revocations: Revocations, issuer: FakeIssuer, clock: Clock
):
    issuer.silent = True
    for _ in range(10):
        await passes(revocations)
        clock.now += 0.1
    assert len(issuer.asked) == 1


async def test_an_issuer_that_does_not_answer_in_time_is_silent(issuer: FakeIssuer):
    issuer.hold = asyncio.Event()
    revocations = Revocations(issuer, pace=Pace(first_timeout_s=0.01))
    assert await passes(revocations) == "identity-provider-unavailable"
    await revocations.aclose()


async def test_a_token_that_was_never_confirmed_is_given_more_time_than_one_that_may_have_been_revoked(
    issuer: FakeIssuer, clock: Clock
):
    issuer.hold = asyncio.Event()
    revocations = Revocations(issuer, pace=Pace(timeout_s=0.01, first_timeout_s=60, grace_s=15), clock=clock)
    first = asyncio.create_task(passes(revocations))
    await asked(issuer, 1)
    done, _ = await asyncio.wait({first}, timeout=0.05)
    assert not done
    issuer.hold.set()
    assert await first == "yes"
    issuer.hold.clear()
    clock.now += 15
    assert await passes(revocations) == "identity-provider-unavailable"
    await revocations.aclose()


async def test_a_client_that_leaves_takes_the_question_of_the_others_with_it_never(
    revocations: Revocations, issuer: FakeIssuer
):
    issuer.hold = asyncio.Event()
    leaves, stays = (asyncio.create_task(passes(revocations)) for _ in range(2))
    await asked(issuer, 1)
    leaves.cancel()
    issuer.hold.set()
    assert await stays == "yes"
    assert issuer.asked == ["t"]


async def test_all_streams_of_a_token_end_at_its_revocation_and_those_of_others_go_on(
    quick: Revocations, issuer: FakeIssuer
):
    ended: list[str] = []
    for token in ("t", "u"):
        await passes(quick, token)
    for number in range(100):
        quick.watch("t", digest("t"), lambda reason, number=number: ended.append(f"t{number} {reason}"))
    quick.watch("u", digest("u"), lambda reason: ended.append(f"u {reason}"))
    await asked(issuer, 6)
    assert ended == []
    assert issuer.asked.count("t") <= 5
    issuer.revoked.add("t")

    async def all_ended() -> bool:
        return len(ended) >= 100

    await until(all_ended, what="the streams of the token ending")
    assert set(ended) == {f"t{number} token-revoked" for number in range(100)}


async def test_streams_end_when_the_issuer_is_silent_for_longer_than_the_grace(quick: Revocations, issuer: FakeIssuer):
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    await passes(quick)
    issuer.silent = True
    quick.watch("t", digest("t"), ended.set_result)
    began = asyncio.get_running_loop().time()
    assert await asyncio.wait_for(ended, 30) == "right-unconfirmed"
    assert asyncio.get_running_loop().time() - began >= 0.4
    assert len(issuer.asked) > 3


async def test_streams_outlive_a_silence_that_is_shorter(quick: Revocations, issuer: FakeIssuer):
    ended: list[str] = []
    await passes(quick)
    quick.watch("t", digest("t"), ended.append)
    issuer.silent = True
    await asked(issuer, 3)
    issuer.silent = False
    await asked(issuer, 8)
    assert ended == []


async def test_nothing_is_asked_when_the_last_stream_has_closed(quick: Revocations, issuer: FakeIssuer):
    await passes(quick)
    stop = quick.watch("t", digest("t"), lambda _reason: None)
    await asked(issuer, 2)
    stop()

    async def idle() -> bool:
        return not quick._tasks

    await until(idle, what="the asking coming to an end")


async def test_a_fault_of_our_own_ends_the_streams_rather_than_the_asking_alone(
    quick: Revocations, issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
):
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    await passes(quick)

    async def broken(_token: str) -> bool:
        raise LookupError("a fault")

    monkeypatch.setattr(issuer, "is_active", broken)
    quick.watch("t", digest("t"), ended.set_result)
    assert await asyncio.wait_for(ended, 30) == "right-unconfirmed"


class Border:
    """The issuer at its HTTP border."""

    def __init__(self) -> None:
        self.discovery: dict[str, Any] = {"issuer": ISSUER, "introspection_endpoint": ENDPOINT}
        self.answer: Any = {"active": True}
        self.status = 200
        self.requests: list[httpx.Request] = []

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.discovery)
        return httpx.Response(self.status, json=self.answer)

    def introspection(self) -> Introspection:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        return Introspection(issuer=IssuerAddress(ISSUER), client_id="us", client_secret=SecretStr("p:w %"), http=http)


async def test_a_question_names_the_token_and_ourselves_and_discovery_is_read_once():
    border = Border()
    introspection = border.introspection()
    assert await introspection.is_active("a.b.c") is True
    border.answer = {"active": False, "sub": "nobody"}
    assert await introspection.is_active("a.b.c") is False
    assert [request.url.path for request in border.requests] == [
        "/.well-known/openid-configuration", "/introspect", "/introspect",
    ]  # fmt: skip
    question = border.requests[1]
    assert question.method == "POST"
    assert question.content == b"token=a.b.c&token_type_hint=access_token"
    assert question.headers["authorization"] == httpx.BasicAuth("us", "p%3Aw+%25")._auth_header


@pytest.mark.parametrize("answer", [{}, {"active": "true"}, {"active": 1}, {"active": None}, [True], "yes"])
async def test_an_answer_that_says_neither_yes_nor_no_is_no_yes(answer: Any):
    border = Border()
    border.answer = answer
    with pytest.raises(IssuerUnavailableError):
        await border.introspection().is_active("a.b.c")


@pytest.mark.parametrize("status", [302, 400, 401, 403, 429, 500, 503])
async def test_another_status_is_no_answer(status: int):
    border = Border()
    border.status = status
    with pytest.raises(IssuerUnavailableError, match=str(status)):
        await border.introspection().is_active("a.b.c")


@pytest.mark.parametrize("endpoint", [None, 7, "http://issuer.example/introspect", "/introspect"])
async def test_our_secret_is_sent_over_https_only(endpoint: Any):
    border = Border()
    border.discovery["introspection_endpoint"] = endpoint
    with pytest.raises(IssuerUnavailableError, match="introspection_endpoint"):
        await border.introspection().is_active("a.b.c")
    assert len(border.requests) == 1


async def test_an_endpoint_that_moved_is_found_again():
    border = Border()
    introspection = border.introspection()
    await introspection.is_active("a.b.c")
    border.status = 404
    with pytest.raises(IssuerUnavailableError):
        await introspection.is_active("a.b.c")
    border.status, border.discovery["introspection_endpoint"] = 200, f"{ISSUER}/elsewhere"
    assert await introspection.is_active("a.b.c") is True
    assert border.requests[-1].url.path == "/elsewhere"
