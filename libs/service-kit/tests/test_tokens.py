"""Access tokens from the wrong side, with tokens signed by real keys; only the issuer's HTTP border is faked."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.jwks import JwksCache
from forkant_kit.problems import ProblemError
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

ISSUER = "https://issuer.example"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeIssuer:
    """The issuer at its HTTP border: what it publishes can be changed, and what it is asked is counted."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [key.as_dict(private=False) for key in (RSA, EC, ED)]
        self.discovery: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}
        self.found_at: str | None = None
        self.asked: list[str] = []
        self.hosts: set[str] = set()
        self.status = 200
        self.hold: asyncio.Event | None = None
        self.first_asked = asyncio.Event()
        self.clock = Clock()
        self.wall_clock: Callable[[], float] = time.time

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        self.hosts.add(request.url.host)
        self.first_asked.set()
        if self.hold is not None:
            await self.hold.wait()
        body = {"keys": self.keys} if request.url.path == "/jwks" else self.discovery
        return httpx.Response(self.status, json=body, headers={"Location": "https://elsewhere.example"})

    def verifier(self) -> TokenVerifier:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        jwks = JwksCache(issuer=IssuerAddress(ISSUER, self.found_at), http=http, clock=self.clock)
        return TokenVerifier(issuer=IssuerAddress(ISSUER), audience="forkant", jwks=jwks, clock=self.wall_clock)

    @property
    def refreshes(self) -> int:
        return self.asked.count("/jwks")


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {
        "iss": ISSUER,
        "aud": "forkant",
        "sub": "officer-oslo",
        "client_id": "cli",
        "unit": "oslo",
        "roles": ["case_officer"],
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + 300,
        **changes,
    }
    return {name: value for name, value in found.items() if value is not ...}


def signed(key: Any = RSA, *, alg: str = "RS256", header: dict[str, Any] | None = None, **changes: Any) -> str:
    full = {"alg": alg, "typ": "at+jwt", "kid": key.kid, **(header or {})}
    return jwt.encode({n: v for n, v in full.items() if v is not ...}, claims(**changes), key, algorithms=[alg])


def by_hand(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def refusal(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(ProblemError) as caught:
        await verifier.verify(token)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"].startswith("Bearer")
    return str(caught.value.extra.get("reason", caught.value.code))


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA")])
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_every_listed_algorithm_is_accepted_with_its_kind_of_key(issuer: FakeIssuer, key: Any, alg: str):
    principal = await issuer.verifier().verify(signed(key, alg=alg))
    assert isinstance(principal, Principal)
    assert (principal.subject, principal.unit, principal.client_id) == ("officer-oslo", "oslo", "cli")
    assert principal.has_role("case_officer")
    assert not principal.has_role("prevention_lead")
    assert principal.token_expires_at.timestamp() > time.time()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": ...}, "wrong-exp"),
        ({"exp": "9999999999"}, "wrong-exp"),
        ({"exp": True}, "wrong-exp"),
        ({"exp": 10**30}, "wrong-exp"),
        ({"exp": float("nan")}, "wrong-exp"),
        ({"exp": float("inf")}, "wrong-exp"),
        ({"exp": None}, "wrong-exp"),
        ({"nbf": int(time.time()) + 600}, "not-yet-valid"),
        ({"nbf": "0"}, "wrong-nbf"),
        ({"iat": int(time.time()) + 600}, "issued-in-the-future"),
        ({"iat": ...}, "wrong-iat"),
        ({"aud": "another"}, "wrong-audience"),
        ({"aud": ["another"]}, "wrong-audience"),
        ({"aud": "forkant-other"}, "wrong-audience"),
        ({"aud": ...}, "wrong-audience"),
        ({"iss": ISSUER + "/"}, "wrong-issuer"),
        ({"iss": ISSUER + ".evil.example"}, "wrong-issuer"),
        ({"iss": [ISSUER]}, "wrong-issuer"),
        ({"iss": ...}, "wrong-issuer"),
        ({"sub": ""}, "wrong-sub"),
        ({"sub": "a\nb"}, "wrong-sub"),
        ({"sub": "x" * 300}, "wrong-sub"),
        ({"unit": ...}, "wrong-unit"),
        ({"unit": ["oslo"]}, "wrong-unit"),
        ({"roles": "case_officer"}, "wrong-roles"),
        ({"roles": [1]}, "wrong-roles"),
        ({"roles": ["r"] * 51}, "wrong-roles"),
        ({"client_id": ...}, "wrong-azp"),
        ({"clearance": 0}, "wrong-clearance"),
        ({"clearance": 10}, "wrong-clearance"),
        ({"clearance": "3"}, "wrong-clearance"),
        ({"clearance": 3.0}, "wrong-clearance"),
        ({"clearance": True}, "wrong-clearance"),
        ({"clearance": None}, "wrong-clearance"),
    ],
)
async def test_a_claim_out_of_order_refuses_the_token(issuer: FakeIssuer, changes: dict[str, Any], reason: str):
    assert await refusal(issuer.verifier(), signed(**changes)) == reason


async def test_clearance_is_what_the_token_says_or_the_lowest(issuer: FakeIssuer):
    assert (await issuer.verifier().verify(signed(clearance=3))).clearance == 3
    assert (await issuer.verifier().verify(signed(clearance=...))).clearance == 1


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": "JWT"}, "wrong-type"),
        ({"typ": "id+jwt"}, "wrong-type"),
        ({"typ": ...}, "wrong-type"),
        ({"jku": "https://evil.example/jwks"}, "forbidden-header"),
        ({"x5u": "https://evil.example/cert"}, "forbidden-header"),
        ({"kid": "made-up"}, "unknown-key"),
        ({"kid": ...}, "no-key-id"),
        ({"kid": "ec"}, "wrong-algorithm"),
    ],
)
async def test_a_header_out_of_order_refuses_the_token(issuer: FakeIssuer, header: dict[str, Any], reason: str):
    key = RSAKey.import_key({**RSA.as_dict(private=True)})
    token = jwt.encode(
        {n: v for n, v in {"alg": "RS256", "typ": "at+jwt", "kid": "rsa", **header}.items() if v is not ...},
        claims(),
        key,
        algorithms=["RS256"],
        default_type=None,
    )
    assert await refusal(issuer.verifier(), token) == reason


async def test_a_token_that_brings_its_own_key_is_refused(issuer: FakeIssuer):
    own = ECKey.generate_key("P-256", {"kid": "ec"})
    token = signed(own, alg="ES256", header={"jwk": own.as_dict(private=False)})
    assert await refusal(issuer.verifier(), token) == "forbidden-header"


async def test_an_unsigned_token_is_refused(issuer: FakeIssuer):
    for alg in ("none", "None", "NONE", "", None):
        token = by_hand({"alg": alg, "typ": "at+jwt", "kid": "rsa"}, claims())
        assert await refusal(issuer.verifier(), token) == "wrong-algorithm"


async def test_a_public_key_can_not_be_used_as_a_shared_secret(issuer: FakeIssuer):
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}
    unsigned = by_hand(header, claims()).removesuffix(".")
    signature = hmac.digest(RSA.as_pem(private=False), unsigned.encode(), "sha256")
    token = f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert await refusal(issuer.verifier(), token) == "wrong-algorithm"


async def test_a_shared_key_that_the_issuer_publishes_by_mistake_signs_nothing(issuer: FakeIssuer):
    secret = OctKey.generate_key(256, {"kid": "shared"})
    issuer.keys.append(secret.as_dict(private=True))
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": "shared"}, claims(), secret, algorithms=["HS256"])
    assert await refusal(issuer.verifier(), token) == "wrong-algorithm"
    assert await refusal(issuer.verifier(), signed(header={"kid": "shared"})) == "unknown-key"


async def test_a_strangers_signature_and_a_changed_claim_are_refused(issuer: FakeIssuer):
    verifier = issuer.verifier()
    assert await refusal(verifier, signed(STRANGER)) == "bad-signature"
    head, _, signature = signed().split(".")
    other = by_hand({}, claims(roles=["administrator"])).split(".")[1]
    assert await refusal(verifier, f"{head}.{other}.{signature}") == "bad-signature"
    assert await refusal(verifier, f"{head}.{other}.") == "bad-signature"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "é.é.é", "a" * 9000, "e30.e30.e30", ".." * 2000])
async def test_noise_is_refused_without_asking_the_issuer(issuer: FakeIssuer, token: str):
    await refusal(issuer.verifier(), token)
    assert issuer.asked == []


async def test_a_remembered_token_ends_when_it_expires_and_is_looked_at_again_after_30_seconds(issuer: FakeIssuer):
    issuer.wall_clock = clock = Clock()
    clock.now = time.time()
    verifier, short, long = issuer.verifier(), signed(exp=int(clock.now) + 10), signed()
    first = await verifier.verify(short)
    assert await verifier.verify(short) is first
    await verifier.verify(long)
    clock.now += 20
    assert await refusal(verifier, short) == "expired"
    issuer.keys = [EC.as_dict(private=False)]
    issuer.clock.now += 31
    await refusal(verifier, signed(header={"kid": "made-up"}))
    await verifier.verify(long)
    clock.now += 11
    assert await refusal(verifier, long) == "unknown-key"


async def test_a_stream_of_tokens_is_not_remembered_without_end(issuer: FakeIssuer):
    verifier = issuer.verifier()
    principal = await verifier.verify(signed())
    for number in range(5000):
        verifier._remember(number.to_bytes(32, "big"), principal)
    assert len(verifier._remembered) <= 2048


async def test_a_flood_of_made_up_keys_makes_one_refresh_in_30_seconds(issuer: FakeIssuer):
    verifier = issuer.verifier()
    await verifier.verify(signed())
    for second in range(60):
        issuer.clock.now = 1000.0 + second
        for number in range(20):
            assert await refusal(verifier, signed(header={"kid": f"made-up-{number}"})) == "unknown-key"
    assert issuer.refreshes == 2


async def test_many_first_requests_make_one_refresh(issuer: FakeIssuer):
    verifier, issuer.hold = issuer.verifier(), asyncio.Event()
    waiting = [asyncio.create_task(verifier.verify(signed())) for _ in range(50)]
    await issuer.first_asked.wait()
    issuer.hold.set()
    assert len(await asyncio.gather(*waiting)) == 50
    assert issuer.refreshes == 1


async def test_an_issuer_is_found_where_the_settings_say_and_keeps_its_name(issuer: FakeIssuer):
    issuer.found_at = "https://issuer.internal/base/"
    issuer.discovery["jwks_uri"] = "https://issuer.internal/jwks"
    assert (await issuer.verifier().verify(signed())).subject == "officer-oslo"
    assert issuer.asked == ["/base/.well-known/openid-configuration", "/jwks"]
    assert issuer.hosts == {"issuer.internal"}


@pytest.mark.parametrize(
    "document", [{"issuer": "https://issuer.internal"}, {"jwks_uri": "http://issuer.internal/jwks"}]
)
async def test_what_is_found_elsewhere_must_name_the_issuer_and_be_as_safe(
    issuer: FakeIssuer, document: dict[str, str]
):
    issuer.found_at = "https://issuer.internal"
    issuer.discovery |= document
    with pytest.raises(ProblemError) as caught:
        await issuer.verifier().verify(signed())
    assert caught.value.status == 503
    assert "/jwks" not in issuer.asked


async def test_a_new_key_is_found_and_a_withdrawn_key_is_forgotten(issuer: FakeIssuer):
    verifier = issuer.verifier()
    await verifier.verify(signed())
    new = RSAKey.generate_key(2048, {"kid": "new"})
    issuer.keys = [new.as_dict(private=False)]
    issuer.clock.now += 31
    await verifier.verify(signed(new))
    assert await refusal(verifier, signed()) == "unknown-key"


async def test_while_a_key_is_replaced_tokens_of_both_are_good(issuer: FakeIssuer):
    verifier = issuer.verifier()
    await verifier.verify(signed())
    new = RSAKey.generate_key(2048, {"kid": "new"})
    issuer.keys.append(new.as_dict(private=False))
    issuer.clock.now += 601  # published, and nothing is signed with it yet
    await verifier.verify(signed())
    for key in (new, RSA, new):
        await verifier.verify(signed(key))
    assert issuer.refreshes == 2, "nobody had to ask for the new one"
    issuer.keys = [new.as_dict(private=False)]
    issuer.clock.now += 601
    await verifier.verify(signed(new))
    assert await refusal(verifier, signed()) == "unknown-key"


async def test_known_keys_stay_good_while_the_issuer_is_away_and_then_end(issuer: FakeIssuer):
    verifier = issuer.verifier()
    await verifier.verify(signed())
    issuer.status = 500
    issuer.clock.now += 3600
    await verifier.verify(signed())
    issuer.clock.now += 24 * 3600
    with pytest.raises(ProblemError) as caught:
        await verifier.verify(signed())
    assert (caught.value.status, caught.value.code) == (503, "identity-provider-unavailable")


def _other_issuer(issuer: FakeIssuer) -> None:
    issuer.discovery["issuer"] = "https://another.example"


def _plain_http(issuer: FakeIssuer) -> None:
    issuer.discovery["jwks_uri"] = "http://issuer.example/jwks"


def _redirect(issuer: FakeIssuer) -> None:
    issuer.status = 302


def _too_much(issuer: FakeIssuer) -> None:
    issuer.discovery["padding"] = "x" * 300_000


def _no_keys(issuer: FakeIssuer) -> None:
    issuer.keys = []


def _weak_key(issuer: FakeIssuer) -> None:
    # A real 1024-bit modulus and exponent, which no serious issuer would publish.
    number = (1 << 1023) | 0x1234567
    modulus = base64.urlsafe_b64encode(number.to_bytes(128, "big")).rstrip(b"=").decode()
    issuer.keys = [{"kty": "RSA", "kid": "rsa", "e": "AQAB", "n": modulus}, {"kty": "RSA"}, 7]  # type: ignore[list-item]


@pytest.mark.parametrize("spoil", [_other_issuer, _plain_http, _redirect, _too_much, _no_keys, _weak_key])
async def test_an_issuer_that_can_not_be_trusted_gives_no_keys(issuer: FakeIssuer, spoil: Callable[[FakeIssuer], None]):
    spoil(issuer)
    with pytest.raises(ProblemError) as caught:
        await issuer.verifier().verify(signed())
    assert caught.value.code == "identity-provider-unavailable"


async def test_an_issuer_that_comes_back_is_found_after_a_second(issuer: FakeIssuer):
    verifier, issuer.status = issuer.verifier(), 503
    for _ in range(10):
        with pytest.raises(ProblemError, match="identity-provider-unavailable"):
            await verifier.verify(signed())
    assert len(issuer.asked) == 1
    issuer.status = 200
    issuer.clock.now += 1
    await verifier.verify(signed())
