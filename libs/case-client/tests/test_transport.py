"""What the client sends, what it tries again, and how it reads what comes back; the network alone is played."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest
from forkant_case_client import CaseService, RefusedError, Transport, transport
from forkant_case_client.models import Act, CaseReceipt, OpenCase
from forkant_contracts.codes import CaseState, CaseType, LegalBasis, PurposeCode, Theme
from tenacity.wait import wait_none

CASE = UUID("0190b3a0-0000-7000-8000-000000000001")
RECEIPT = {
    "id": str(CASE), "unit": "oslo", "state": "registered", "version": 1, "item_id": None,
    "recorded_at": "2026-03-02T08:30:00Z",
}  # fmt: skip
PLACE = OpenCase(
    case_type=CaseType.PLACE,
    theme=Theme.VIOLENCE,
    purpose_code=PurposeCode.PUBLIC_SAFETY,
    legal_basis=LegalBasis.POLICE_ACT,
    title="Uro på torget",
)
Reply = httpx.Response | httpx.TransportError


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(transport, "_JITTER", wait_none())


class Network:
    """Answers one request after the other, and keeps what was sent."""

    def __init__(self, *replies: Reply | Callable[[], Reply]) -> None:
        self._replies = iter(replies)
        self.sent: list[httpx.Request] = []
        self._tokens = itertools.count(1)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.sent.append(request)
        reply = next(self._replies)
        if isinstance(reply, httpx.TransportError):
            raise reply
        assert isinstance(reply, httpx.Response)
        return reply

    async def token(self) -> str:
        return f"token-{next(self._tokens)}"

    def service(self, *, tries: int = 5) -> CaseService:
        http = httpx.AsyncClient(base_url="http://case.test", transport=httpx.MockTransport(self))
        return CaseService(Transport(http, token=self.token, tries=tries))


def receipt(status: int = 201, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=RECEIPT, headers={"ETag": '"1"', **headers})


def problem(status: int, code: str, *, headers: dict[str, str] | None = None, **facts: object) -> httpx.Response:
    document = {
        "type": f"/problems/{code}",
        "title": "No",
        "status": status,
        "code": code,
        "detail": "Do this.",
        **facts,
    }
    return httpx.Response(status, json=document, headers=headers)


async def test_an_answer_is_typed_and_brings_what_the_next_change_needs():
    network = Network(receipt(Location=f"/v1/cases/{CASE}"))
    answer = await network.service().cases_open(PLACE)
    assert isinstance(answer.body, CaseReceipt)
    assert (answer.body.id, answer.body.state) == (CASE, CaseState.REGISTERED)
    assert (answer.status, answer.etag, answer.location, answer.replayed) == (201, '"1"', f"/v1/cases/{CASE}", False)


async def test_only_fields_that_were_given_are_sent():
    network = Network(receipt())
    await network.service().cases_open(PLACE)
    [sent] = network.sent
    assert sent.headers["content-type"] == "application/json"
    assert sorted(PLACE.model_fields_set) == ["case_type", "legal_basis", "purpose_code", "theme", "title"]
    assert b"description" not in sent.content


async def test_a_change_names_the_state_that_it_is_based_on():
    network = Network(receipt(200))
    await network.service().work_approve(CASE, Act(), if_match='"7"', purpose=PurposeCode.PROTECT_CHILD)
    [sent] = network.sent
    assert (sent.method, sent.url.path) == ("POST", f"/v1/cases/{CASE}/plan/approval")
    assert (sent.headers["if-match"], sent.headers["forkant-purpose"]) == ('"7"', "protect_child")


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        problem(503, "temporarily-unavailable"),
        problem(429, "too-many-requests"),
        problem(409, "idempotency-key-in-use"),
    ],
    ids=["unreachable", "no-answer", "busy", "too-many", "still-running"],
)
async def test_what_passes_is_tried_again_with_the_same_key_and_a_token_of_the_moment(trouble):
    network = Network(trouble, receipt(**{"Idempotency-Replayed": "true"}))
    answer = await network.service().cases_open(PLACE)
    first, second = network.sent
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert [first.headers["authorization"], second.headers["authorization"]] == ["Bearer token-1", "Bearer token-2"]
    assert answer.replayed


async def test_two_calls_have_two_keys_unless_the_caller_gives_one():
    network = Network(receipt(), receipt(), receipt())
    service = network.service()
    await service.cases_open(PLACE)
    await service.cases_open(PLACE)
    await service.cases_open(PLACE, idempotency_key="mine")
    keys = [sent.headers["idempotency-key"] for sent in network.sent]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


async def test_reading_carries_no_key():
    network = Network(httpx.Response(200, json={"count": 3}))
    assert (await network.service().cases_count()).body.count == 3
    assert "idempotency-key" not in network.sent[0].headers


async def test_a_refusal_is_raised_at_once_with_its_code_its_advice_and_its_facts():
    network = Network(problem(409, "illegal-transition", state="closed", allowed=["reopen"]))
    with pytest.raises(RefusedError, match="409 illegal-transition: Do this") as caught:
        await network.service().work_approve(CASE, Act(), if_match='"1"')
    assert caught.value.facts == {"state": "closed", "allowed": ["reopen"]}
    assert len(network.sent) == 1


async def test_trying_ends_and_says_what_the_last_attempt_met():
    network = Network(*(problem(503, "temporarily-unavailable", headers={"Retry-After": "0"}) for _ in range(3)))
    with pytest.raises(RefusedError) as caught:
        await network.service(tries=3).cases_open(PLACE)
    assert (caught.value.status, caught.value.retry_after_s) == (503, 0.0)
    assert len(network.sent) == 3


async def test_an_answer_that_is_no_problem_document_still_has_a_code():
    network = Network(httpx.Response(502, text="<html>bad gateway</html>"))
    with pytest.raises(RefusedError) as caught:
        await network.service().cases_count()
    assert (caught.value.code, caught.value.advice) == ("http-502", "Bad Gateway")


async def test_codes_and_fields_of_a_newer_service_do_no_harm():
    network = Network(httpx.Response(200, json={**RECEIPT, "state": "paused_by_court", "colour": "green"}))
    answer = await network.service().work_approve(CASE, Act(), if_match='"1"')
    assert answer.body.state is CaseState.UNKNOWN
    assert not hasattr(answer.body, "colour")


async def test_filters_are_sent_as_the_service_reads_them():
    network = Network(httpx.Response(200, json={"items": [], "next": None}))
    await network.service().cases_list_cases(
        theme=[Theme.DRUGS, Theme.FRAUD],
        restricted=[False],
        opened_from=datetime(2026, 3, 1, tzinfo=UTC),
        clarification_deadline_before=date(2026, 7, 1),
        limit=10,
    )
    assert network.sent[0].url.params.multi_items() == [
        ("theme", "drugs"), ("theme", "fraud"), ("restricted", "false"), ("opened_from", "2026-03-01T00:00:00+00:00"),
        ("clarification_deadline_before", "2026-07-01"), ("limit", "10"),
    ]  # fmt: skip


async def test_a_name_in_a_path_leads_nowhere_else():
    network = Network(httpx.Response(200, json={"items": [], "next": None}))
    await network.service().methods_list_changes("../audit?x=1")
    assert network.sent[0].url.raw_path.startswith(b"/v1/methods/..%2Faudit%3Fx%3D1/changes")
