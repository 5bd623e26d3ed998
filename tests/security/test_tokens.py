"""No token but a good one of our issuer opens any service; each attack is tried on all three."""

import asyncio
import base64
import hmac
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from forkant_devstack.issuer.personas import find_persona
from forkant_devstack.issuer.pytest_fixture import IssuerServer, running_issuer
from forkant_devstack.issuer.tokens import identity_claims, sign
from forkant_devstack.native.children import kill, start
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import answers_ready
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

SHORT_MEMORY = Path(__file__).with_name("indicator_with_short_memory.py")
DOORS = {"case": "/v1/cases", "indicator": "/v1/units", "notification": "/v1/inbox"}
Forge = Callable[[IssuerServer], str]


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signed = b".".join(parts)
    signature = b"" if secret is None else base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + signature).decode()


def kid_of(issuer: IssuerServer) -> str:
    return str(issuer.keys.signing_key.kid)


def headed(**changes: Any) -> Forge:
    """Sign with the issuer's own key under a header that is out of order."""

    def forge(issuer: IssuerServer) -> str:
        header = {"typ": "at+jwt", "alg": "ES256", "kid": kid_of(issuer), **changes}
        key = ECKey.import_key(issuer.keys.signing_key.as_dict(private=True))
        return jwt.encode(
            {n: v for n, v in header.items() if v is not ...}, issuer.claims("lead-oslo"), key, default_type=None
        )

    return forge


def claiming(**changes: Any) -> Forge:
    return lambda issuer: issuer.token("lead-oslo", **changes)


def unsigned(alg: Any) -> Forge:
    return lambda issuer: by_hand({"typ": "at+jwt", "alg": alg, "kid": kid_of(issuer)}, issuer.claims("lead-oslo"))


def public_key_as_secret(issuer: IssuerServer) -> str:
    secret = issuer.keys.signing_key.as_pem(private=False)
    return by_hand({"typ": "at+jwt", "alg": "HS256", "kid": kid_of(issuer)}, issuer.claims("lead-oslo"), secret)


def empty_secret(issuer: IssuerServer) -> str:
    return by_hand({"typ": "at+jwt", "alg": "HS256", "kid": "/dev/null"}, issuer.claims("lead-oslo"), b"")


def own_key_in_header(issuer: IssuerServer) -> str:
    own = issuer.foreign_key
    header = {"typ": "at+jwt", "alg": "ES256", "kid": kid_of(issuer), "jwk": own.as_dict(private=False)}
    return jwt.encode(header, issuer.claims("lead-oslo"), own)


def own_key_under_known_id(issuer: IssuerServer) -> str:
    header = {"typ": "at+jwt", "alg": "ES256", "kid": kid_of(issuer)}
    return jwt.encode(header, issuer.claims("lead-oslo"), issuer.foreign_key)


def identity_token(issuer: IssuerServer) -> str:
    persona = find_persona("lead-oslo")
    assert persona is not None
    claims = identity_claims(issuer=issuer.url, persona=persona, client_id="forkant-dashboard", nonce=None)
    return sign(claims, key=issuer.keys, typ="JWT")


def listed_kid(issuer: IssuerServer) -> str:
    return by_hand({"typ": "at+jwt", "alg": "ES256", "kid": [kid_of(issuer)]}, issuer.claims("lead-oslo"), b"")


def changed_claims(issuer: IssuerServer) -> str:
    head, _, signature = issuer.token("officer-oslo").split(".")
    return ".".join((head, by_hand({}, issuer.claims("lead-oslo")).split(".")[1], signature))


NOW = int(time.time())
FORGERIES: dict[str, tuple[Forge, str]] = {
    "no algorithm": (unsigned("none"), "wrong-algorithm"),
    "no algorithm in capitals": (unsigned("NoNe"), "wrong-algorithm"),
    "an algorithm that is null": (unsigned(None), "wrong-algorithm"),
    "a public key as shared secret": (public_key_as_secret, "wrong-algorithm"),
    "an empty secret under a path": (empty_secret, "wrong-algorithm"),
    "its own key in the header": (own_key_in_header, "forbidden-header"),
    "its own key set's address": (headed(jku="https://evil.example/jwks"), "forbidden-header"),
    "its own certificate in the header": (headed(x5c=["MIIB"]), "forbidden-header"),
    "its own certificate's address": (headed(x5u="https://evil.example/cert"), "forbidden-header"),
    "a critical extension": (headed(crit=["b64"], b64=False), "forbidden-header"),
    "another key under a known id": (own_key_under_known_id, "bad-signature"),
    "an unknown key id": (headed(kid="made-up"), "unknown-key"),
    "a path as key id": (headed(kid="../../../../etc/passwd"), "unknown-key"),
    "an absolute path as key id": (headed(kid="/proc/self/environ"), "unknown-key"),
    "an address as key id": (headed(kid="https://evil.example/key"), "unknown-key"),
    "a NUL in the key id": (headed(kid="x\0y"), "no-key-id"),
    "a list as key id": (listed_kid, "no-key-id"),
    "a statement as key id": (headed(kid="x' UNION SELECT 'key"), "unknown-key"),
    "a line break in the key id": (headed(kid="x\r\nHost: evil"), "no-key-id"),
    "no key id": (headed(kid=...), "no-key-id"),
    "an algorithm of another kind of key": (unsigned("RS256"), "wrong-algorithm"),
    "the type of an id token": (headed(typ="JWT"), "wrong-type"),
    "no type": (headed(typ=...), "wrong-type"),
    "an id token": (identity_token, "wrong-type"),
    "changed claims": (changed_claims, "bad-signature"),
    "an end in the past": (claiming(exp=NOW - 60), "expired"),
    "a beginning in the future": (claiming(nbf=NOW + 6000), "not-yet-valid"),
    "no end": (claiming(exp=None), "wrong-exp"),
    "an end in words": (claiming(exp=str(NOW + 600)), "wrong-exp"),
    "an end that is true": (claiming(exp=True), "wrong-exp"),
    "an end that is no number": (claiming(exp=float("nan")), "wrong-exp"),
    "an end that never comes": (claiming(exp=float("inf")), "wrong-exp"),
    "an end before all time": (claiming(exp=-1), "wrong-exp"),
    "a beginning in words": (claiming(nbf="now"), "wrong-nbf"),
    "an issue in the future": (claiming(iat=NOW + 6000), "issued-in-the-future"),
    "an end beyond all numbers": (claiming(exp=2**70), "wrong-exp"),
    "another audience": (claiming(aud="another"), "wrong-audience"),
    "an audience that begins as ours": (claiming(aud="forkant-admin"), "wrong-audience"),
    "no audience": (claiming(aud=None), "wrong-audience"),
    "another issuer": (claiming(iss="https://evil.example"), "wrong-issuer"),
    "roles as one text": (claiming(roles="prevention_lead"), "wrong-roles"),
    "a unit in a list": (claiming(unit=["oslo"]), "wrong-unit"),
    "no subject": (claiming(sub=None), "wrong-sub"),
    "a subject in a list": (claiming(sub=["lead-oslo"]), "wrong-sub"),
    "a line break in the subject": (claiming(sub="lead-oslo\r\nX-User: a"), "wrong-sub"),
    "an escape in the subject": (claiming(sub="\x1b[31mlead-oslo"), "wrong-sub"),
    "an invisible character in the subject": (claiming(sub="lead-oslo\u200b"), "wrong-sub"),
    "a subject that runs from right to left": (claiming(sub="\u202eolso-dael"), "wrong-sub"),
    "a NUL in the unit": (claiming(unit="oslo\0"), "wrong-unit"),
    "a clearance in words": (claiming(clearance="3"), "wrong-clearance"),
    "a clearance that is true": (claiming(clearance=True), "wrong-clearance"),
    "a clearance above all": (claiming(clearance=10), "wrong-clearance"),
}


async def knock(wall, token: str) -> list[httpx.Response]:
    answers = []
    for service, path in DOORS.items():
        async with plain_client(base_url=wall.platform.nodes[service].url, timeout=30) as client:
            answers.append(await client.get(path, headers={"Authorization": f"Bearer {token}"}))
    return answers


def assert_refused(answers: list[httpx.Response], reason: str) -> None:
    for answer in answers:
        document = answer.json()
        assert (answer.status_code, document["code"], document["reason"]) == (401, "invalid-token", reason)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "items" not in document


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_is_never_taken_with(wall, forgery):
    forge, reason = FORGERIES[forgery]
    assert_refused(await knock(wall, forge(wall.issuer)), reason)


@pytest.mark.parametrize("ending", ["/", ".evil.example", "%2f", "/../", "?x", "#x"])
async def test_an_issuer_that_begins_as_ours_is_never_taken(wall, ending):
    assert_refused(await knock(wall, wall.issuer.token("lead-oslo", iss=wall.issuer.url + ending)), "wrong-issuer")


async def test_a_good_token_is_taken_by_every_service(wall):
    """Without this all refusals above could have another reason."""
    assert [answer.status_code for answer in await knock(wall, wall.issuer.token("lead-oslo"))] == [200, 200, 200]


async def test_a_refused_token_is_never_remembered_as_a_good_one(wall):
    good = wall.issuer.token("lead-oslo")
    assert (await knock(wall, good))[0].status_code == 200
    assert_refused(await knock(wall, good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")), "bad-signature")
    assert_refused(await knock(wall, f"{good}.{good}"), "malformed")


@pytest.mark.parametrize(
    "header",
    [
        "Basic bGVhZDpsZWFk", "Bearer", "Bearer null", "Bearer undefined", "Token x", "Bearer " + "a" * 9000,
        "DPoP x", "Bearer e30.e30.e30",
    ],
)  # fmt: skip
async def test_noise_instead_of_a_token_is_never_taken(wall, header):
    for service, path in DOORS.items():
        status, text = await wall.raw(
            service, f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {header}\r\n\r\n".encode()
        )
        assert (status, '"items"' in text) == (401, False)


async def test_a_token_in_the_address_the_body_or_a_cookie_is_never_taken(wall):
    token = wall.issuer.token("lead-oslo")
    for service, path in DOORS.items():
        async with plain_client(base_url=wall.platform.nodes[service].url) as client:
            answer = await client.get(f"{path}?access_token={token}", headers={"Cookie": f"access_token={token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_flood_of_made_up_key_ids_never_reaches_the_issuer(wall, monkeypatch):
    asked: list[int] = []
    ring = wall.issuer.keys
    publish = ring.public_set
    monkeypatch.setattr(ring, "public_set", lambda: asked.append(1) or publish())
    tokens = [headed(kid=f"flood-{number}")(wall.issuer) for number in range(100)]
    async with plain_client(base_url=wall.platform.nodes["case"].url, timeout=30) as client:
        answers = await asyncio.gather(
            *[client.get("/v1/cases", headers={"Authorization": f"Bearer {token}"}) for token in tokens]
        )
    assert {(answer.status_code, answer.json()["reason"]) for answer in answers} == {(401, "unknown-key")}
    assert len(asked) <= 2


async def test_a_withdrawn_key_never_opens_again_and_its_successor_does(tmp_path, wall):
    node = wall.platform.nodes["indicator"]
    [port] = free_ports(1)
    with running_issuer() as issuer:
        env = {**wall.platform.env(node), "FORKANT_HTTP_PORT": str(port), "FORKANT_OIDC_ISSUER": issuer.url}
        url = f"http://127.0.0.1:{port}"
        spec = ProcessSpec(
            name="indicator-api",
            argv=(sys.executable, str(SHORT_MEMORY)),
            env=env,
            ready=answers_ready(f"{url}/health/ready"),
        )
        child = await start(spec, log=tmp_path / "indicator-api.log")
        try:
            async with plain_client(base_url=url, timeout=30) as client:
                old = issuer.headers("lead-oslo")
                assert (await client.get("/v1/units", headers=old)).status_code == 200
                issuer.rotate(drop_old=True)
                assert (await client.get("/v1/units", headers=issuer.headers("lead-oslo"))).status_code == 200
                refused = await client.get("/v1/units", headers=old)
                assert (refused.status_code, refused.json()["reason"]) == (401, "unknown-key")
        finally:
            await kill(child)


async def test_a_shared_key_of_the_attackers_own_never_signs_for_us(wall):
    secret = OctKey.generate_key(256, {"kid": kid_of(wall.issuer)})
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": secret.kid}, wall.issuer.claims("lead-oslo"), secret)
    assert_refused(await knock(wall, token), "wrong-algorithm")
