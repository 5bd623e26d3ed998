"""`forkant webhook listen` against an API in the platform's place, which signs as the platform does."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from forkant_devstack.commands.webhook import line_of
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.webhooks.inspection import TOLERANCE_S, Inspector, Seen
from forkant_devstack.webhooks.listening import Api, Wanted, listen, must_be_here
from notification_service.domain.signing import public_key_text, secret_text, signature_headers
from notification_service.signing_keys import KeyPair, Signers

SECRET, PAIR = b"s" * 32, KeyPair.make()
SIGNERS = Signers(secrets=(SECRET,), keys=(PAIR.private,))


def signed(number: int = 1, *, signers: Signers = SIGNERS, at: datetime | None = None, message_id: str | None = None):
    body = json.dumps({"type": "no.forkant.case.opened.v1", "data": {"sequence": number, "unit": "oslo"}}).encode()
    headers = signature_headers(
        message_id=message_id or str(uuid4()),
        sent_at=at or datetime.now(UTC),
        body=body,
        secrets=signers.secrets,
        asymmetric=signers.asymmetric,
    )
    return headers, body


def an_inspector(*, secret: bytes | None = SECRET, key: bytes | None = PAIR.public) -> Inspector:
    return Inspector(secret=secret, public_keys=[key] if key else [])


@pytest.mark.parametrize(
    ("signers", "verified"),
    [
        (SIGNERS, ("v1", "v1a")),
        (Signers(secrets=(SECRET,)), ("v1",)),
        (Signers(keys=(PAIR.private,)), ("v1a",)),
        (Signers(secrets=(b"old" * 9, SECRET)), ("v1",)),
        (Signers(secrets=(b"other" * 9,), keys=(KeyPair.make().private,)), ()),
    ],
)
def test_what_is_signed_by_either_kind_verifies_and_what_is_not_does_not(signers, verified):
    headers, body = signed(signers=signers)
    assert an_inspector().inspect(headers, body, now=time.time()).verified == verified


@pytest.mark.parametrize("off", [TOLERANCE_S + 30, -TOLERANCE_S - 30])
def test_a_message_of_another_time_is_not_believed(off):
    headers, body = signed(at=datetime.now(UTC) + timedelta(seconds=off))
    seen = an_inspector().inspect(headers, body, now=time.time())
    assert (seen.verified, seen.data) == ((), {})


@pytest.mark.parametrize("change", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_a_changed_part_breaks_both_signatures(change):
    headers, body = signed()
    if change == "body":
        body += b" "
    else:
        headers[change] = {"webhook-timestamp": str(int(time.time()) + 7)}.get(change, headers[change][:-4] + "AAA=")
        if change == "webhook-signature":
            headers[change] = "v1,AAAA v1a,!!!! v2,x"
    assert an_inspector().inspect(headers, body, now=time.time()).verified == ()


@pytest.mark.parametrize("headers", [{}, {"webhook-id": "1", "webhook-timestamp": "soon", "webhook-signature": "v1,"}])
def test_a_request_without_its_headers_is_not_believed(headers):
    assert an_inspector().inspect(headers, b"{}", now=time.time()).verified == ()


def test_repeats_are_told_by_their_id_and_missing_numbers_by_the_others():
    inspector = an_inspector()
    first = signed(1)
    seen = [inspector.inspect(*each, now=time.time()) for each in (first, signed(4), first, signed(3))]
    assert [each.repeat for each in seen] == [False, False, True, False]
    assert inspector.missing() == [2]


def test_a_line_says_what_came_and_nothing_of_what_did_not_verify():
    data = {"sequence": 3, "unit": "oslo", "subject_id": "0190", "subject_version": 2}
    seen = Seen(verified=("v1", "v1a"), message_id="x", type="no.forkant.case.opened.v1", data=data, repeat=True)
    assert line_of(seen, as_json=False).split() == [
        "3", "no.forkant.case.opened.v1", "oslo", "0190", "v2", "v1+v1a", "(again)",
    ]  # fmt: skip
    assert json.loads(line_of(seen, as_json=True))["verified"] == ["v1", "v1a"]
    assert line_of(Seen(verified=(), message_id="evil"), as_json=False).startswith("NOT VERIFIED")


@pytest.mark.parametrize(
    "url", ["https://forkant.example", "http://10.0.0.1:8003", "http://0.0.0.0:8003", "https://127.0.0.1", "nonsense"]
)
def test_a_platform_that_is_not_on_this_machine_is_refused(url):
    with pytest.raises(DevstackError) as refused:
        must_be_here(url)
    assert refused.value.exit_code == 2


class FakeApi:
    """The endpoints' API, as far as listening needs it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.registered: dict = {}
        self.refuses = False

    async def __call__(self, scope, receive, send) -> None:
        body = (await receive()).get("body", b"")
        method, path = scope["method"], scope["path"]
        self.calls.append((method, path))
        headers = dict(scope["headers"])
        assert headers[b"authorization"] == b"Bearer token"
        status, said = 200, b""
        if self.refuses:
            status, said = 403, b'{"code":"forbidden"}'
        elif method == "POST":
            assert headers[b"idempotency-key"]
            self.registered = json.loads(body)
            secrets = [
                {"version": "v1", "public_key": None},
                {"version": "v1a", "public_key": public_key_text(PAIR.public)},
            ]
            status, said = 201, json.dumps({"id": "e1", "secret": secret_text(SECRET), "secrets": secrets}).encode()
        elif method == "DELETE":
            assert headers[b"if-match"] == b'"v1"'
            status = 204
        await send({"type": "http.response.start", "status": status, "headers": [(b"etag", b'"v1"')]})
        await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def an_api(monkeypatch):
    fake = FakeApi()
    inside = lambda **_: httpx.AsyncClient(transport=httpx.ASGITransport(fake), base_url="http://127.0.0.1:8003")  # noqa: E731
    monkeypatch.setattr("forkant_devstack.webhooks.listening.plain_client", inside)
    yield fake, Api(url="http://127.0.0.1:8003", token=lambda: "token")


async def test_listening_registers_shows_what_comes_and_removes_the_endpoint_at_the_end(monkeypatch):
    shown, begun, stop = [], asyncio.Event(), asyncio.Event()
    async with an_api(monkeypatch) as (fake, api):
        wanted = Wanted(event_types=("no.forkant.case.opened.v1",), units=("oslo",), status=503)
        running = asyncio.create_task(listen(api, wanted, show=shown.append, began=lambda _: begun.set(), stop=stop))
        await asyncio.wait_for(begun.wait(), 5)
        url = fake.registered["url"]
        assert url.startswith("http://127.0.0.1:")
        assert fake.registered | {"url": url} == {
            "url": url,
            "event_types": ["no.forkant.case.opened.v1"],
            "units": ["oslo"],
            "signatures": ["v1", "v1a"],
        }
        async with plain_client() as client:
            for headers, body in (signed(1), signed(3)):
                assert (await client.post(url, headers=headers, content=body)).status_code == 503
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post(url, content=b"x" * 100_000)
        stop.set()
        assert await running == [2]
    assert [each.verified for each in shown] == [("v1", "v1a")] * 2
    assert fake.calls == [("POST", "/v1/endpoints"), ("GET", "/v1/endpoints/e1"), ("DELETE", "/v1/endpoints/e1")]


async def test_the_endpoint_is_removed_when_listening_is_cancelled(monkeypatch):
    begun = asyncio.Event()
    async with an_api(monkeypatch) as (fake, api):
        running = asyncio.create_task(
            listen(api, Wanted(), show=lambda _: None, began=lambda _: begun.set(), stop=asyncio.Event())
        )
        await asyncio.wait_for(begun.wait(), 5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert fake.calls[-1] == ("DELETE", "/v1/endpoints/e1")


async def test_a_persona_that_may_have_no_endpoint_is_told_so(monkeypatch):
    async with an_api(monkeypatch) as (fake, api):
        fake.refuses = True
        with pytest.raises(DevstackError, match="403"):
            await listen(api, Wanted(), show=lambda _: None, began=lambda _: None, stop=asyncio.Event())
