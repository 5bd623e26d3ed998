import base64
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from forkant_contracts.units import CASE_UNITS
from forkant_devstack.issuer.keys import KeyRing
from forkant_devstack.issuer.personas import FEATURED, RESOURCE_SERVER, SERVICE_SECRET, find_persona
from forkant_devstack.issuer.pytest_fixture import IssuerServer, running_issuer
from forkant_devstack.issuer.settings import RefusedError, read_settings
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

VERIFIER = "a-verifier-that-is-long-enough-for-the-specification-0123"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REDIRECT = "http://127.0.0.1:8002/dashboard"
REQUEST = {
    "client_id": "forkant-dashboard",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "state": "some-state",
    "scope": "openid",
}


@pytest.fixture(scope="module")
def server() -> Iterator[IssuerServer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def http(server: IssuerServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as client:
        yield client


def verified(http: httpx.Client, token: str) -> jwt.Token:
    return jwt.decode(token, KeySet.import_key_set(http.get("/jwks").json()), algorithms=["ES256"])


def code_of(http: httpx.Client, **changes: str) -> str:
    answer = http.post("/authorize", data=REQUEST | {"persona": "lead-oslo"} | changes)
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def redeem(http: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "client_id": "forkant-dashboard"}
    return http.post("/token", data=form | {"redirect_uri": REDIRECT, "code_verifier": VERIFIER} | changes)


def test_a_token_carries_unit_and_roles_and_verifies_against_the_published_keys(server, http):
    token = verified(http, http.get("/dev/token", params={"as": "lead-oslo"}).text.strip())
    assert token.header["typ"] == "at+jwt"
    assert token.claims["iss"] == server.url
    assert token.claims["aud"] == "forkant"
    assert (token.claims["sub"], token.claims["unit"], token.claims["roles"]) == (
        "lead-oslo",
        "oslo",
        ["prevention_lead"],
    )


def test_discovery_names_this_issuer_and_its_endpoints(server, http):
    document = http.get("/.well-known/openid-configuration").json()
    assert document["issuer"] == server.url
    assert document["jwks_uri"] == f"{server.url}/jwks"


def test_the_published_keys_hold_no_private_part(http):
    assert all("d" not in key for key in http.get("/jwks").json()["keys"])


@pytest.mark.parametrize("name", FEATURED)
def test_every_documented_persona_exists(name):
    assert find_persona(name) is not None


def test_every_unit_that_holds_cases_has_an_officer_and_a_lead():
    assert all(find_persona(f"{role}-{unit}") for unit in CASE_UNITS for role in ("officer", "officer2", "lead"))


@pytest.mark.parametrize("name", ["", "officer-atlantis", "officer-pod", "chief-oslo", "officer-", "officer-oslo\n"])
def test_an_unknown_persona_gets_no_token(http, name):
    assert http.get("/dev/token", params={"as": name}).status_code == 404


def test_the_log_in_page_offers_the_personas_and_names_no_other_site(http):
    page = http.get("/authorize", params=REQUEST)
    assert page.status_code == 200
    assert "officer-oslo" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_code_with_its_verifier_buys_a_token_once(http):
    code = code_of(http)
    first, second = redeem(http, code), redeem(http, code)
    assert verified(http, first.json()["access_token"]).claims["sub"] == "lead-oslo"
    assert verified(http, first.json()["id_token"]).claims["aud"] == "forkant-dashboard"
    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})


def test_a_persona_can_be_picked_by_role_and_unit(http):
    answer = redeem(http, code_of(http, persona="", role="officer", unit="finnmark"))
    assert verified(http, answer.json()["access_token"]).claims["unit"] == "finnmark"


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "another-verifier"},
        {"client_id": "forkant-docs"},
        {"redirect_uri": "http://127.0.0.1:9999/"},
    ],
)
def test_a_code_is_refused_when_anything_differs_from_its_request(http, change):
    assert redeem(http, code_of(http), **change).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "somebody-else"},
        {"redirect_uri": "https://attacker.example/"},
        {"redirect_uri": "http://127.0.0.1.attacker.example/"},
        {"redirect_uri": "http://127.0.0.1@attacker.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_log_in_request_is_shown_and_never_redirected(http, change, method):
    fields = REQUEST | change
    carrier = {"params": fields} if method == "GET" else {"data": fields | {"persona": "lead-oslo"}}
    answer = http.request(method, "/authorize", **carrier)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_service_logs_in_by_its_secret_in_the_form_or_the_header(http):
    grant = {"grant_type": "client_credentials"}
    posted = http.post("/token", data=grant | {"client_id": "import-demo", "client_secret": SERVICE_SECRET})
    basic = http.post("/token", data=grant, auth=("import-demo", SERVICE_SECRET))
    for answer in (posted, basic):
        assert verified(http, answer.json()["access_token"]).claims["roles"] == ["importer"]


@pytest.mark.parametrize(("client", "secret"), [("import-demo", "wrong"), ("lead-oslo", SERVICE_SECRET), ("", "")])
def test_a_wrong_secret_or_a_person_gets_no_client_credentials(http, client, secret):
    answer = http.post("/token", data={"grant_type": "client_credentials"}, auth=(client, secret))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:8002", True),
        ("http://localhost:5173", True),
        ("https://attacker.example", False),
        ("http://127.0.0.1.attacker.example", False),
    ],
)
@pytest.mark.parametrize("path", ["/token", "/jwks"])
def test_browsers_on_this_machine_only_may_read_keys_and_tokens(http, origin, allowed, path):
    wanted = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = http.options(path, headers=wanted)
    assert preflight.headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_another_name_for_this_machine_is_refused(http):
    answer = http.get("/dev/token", params={"as": "lead-oslo"}, headers={"Host": "rebound.example"})
    assert answer.status_code == 400


def test_a_rotated_key_signs_and_the_old_one_stays_until_dropped():
    with running_issuer() as server, httpx.Client(base_url=server.url) as http:
        before = server.token("officer-oslo")
        http.post("/dev/rotate-key").raise_for_status()
        assert verified(http, before).claims["sub"] == "officer-oslo"
        assert verified(http, server.token("officer-oslo"))
        http.post("/dev/rotate-key", params={"drop_old": "true"}).raise_for_status()
        with pytest.raises((BadSignatureError, InvalidKeyIdError, ValueError)):
            verified(http, before)


def test_a_page_from_elsewhere_cannot_rotate_the_key(http):
    assert http.post("/dev/rotate-key", headers={"Origin": "https://attacker.example"}).status_code == 403


def test_keys_survive_a_restart_in_a_file_that_only_its_owner_reads(tmp_path):
    path = tmp_path / "state" / "issuer-key.json"
    first = KeyRing(path)
    assert KeyRing(path).public_set() == first.public_set()
    assert path.stat().st_mode & 0o077 == 0


def test_claims_can_be_overridden_or_left_out_for_a_test(server, http):
    claims = verified(http, server.token("officer-oslo", unit="troms", roles=None)).claims
    assert claims["unit"] == "troms"
    assert "roles" not in claims


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"FORKANT_ENV": "production"},
        {"FORKANT_ENV": "dev", "FORKANT_HTTP_HOST": "0.0.0.0"},
        {"FORKANT_ENV": "dev", "FORKANT_HTTP_HOST": "example.org"},
        {"FORKANT_ENV": "dev", "FORKANT_HTTP_PORT": "many"},
    ],
)
def test_the_issuer_refuses_to_start_outside_development_and_loopback(environment):
    with pytest.raises(RefusedError):
        read_settings(environment)


def test_the_refusal_reaches_the_shell_with_its_reason():
    result = subprocess.run(
        [sys.executable, "-m", "forkant_devstack.issuer"],
        env={"FORKANT_ENV": "production"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 78
    assert "FORKANT_ENV" in result.stderr


def introspected(http: httpx.Client, token: str) -> dict[str, object]:
    answer = http.post("/introspect", data={"token": token}, auth=(RESOURCE_SERVER, SERVICE_SECRET))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


def test_discovery_names_where_tokens_are_introspected_and_revoked(server, http):
    document = http.get("/.well-known/openid-configuration").json()
    assert document["introspection_endpoint"] == f"{server.url}/introspect"
    assert document["revocation_endpoint"] == f"{server.url}/revoke"


def test_the_resource_server_learns_whether_a_token_holds_and_nobody_else_learns_anything(server, http):
    token = server.token("lead-oslo")
    told = introspected(http, token)
    assert (told["active"], told["sub"], told["iss"]) == (True, "lead-oslo", server.url)
    for auth in (None, (RESOURCE_SERVER, "wrong"), ("import-demo", SERVICE_SECRET), ("forkant-dashboard", "")):
        answer = http.post("/introspect", data={"token": token}, auth=auth)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"exp": None}, {"iss": "https://elsewhere.example"}, {"aud": "another"}, {"aud": None}]
)
def test_a_token_that_is_not_good_does_not_hold(server, http, claims):
    assert introspected(http, server.token("lead-oslo", **claims)) == {"active": False}


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_what_is_no_token_does_not_hold(http, token):
    assert introspected(http, token) == {"active": False}


def test_a_forged_token_does_not_hold(server, http):
    assert introspected(http, server.forged_token("lead-oslo")) == {"active": False}


def test_a_revoked_token_does_not_hold_and_another_of_the_same_person_does(server, http):
    ends, stays = server.token("lead-oslo"), server.token("lead-oslo")
    answer = http.post("/revoke", data={"token": ends, "client_id": "forkant-cli"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert introspected(http, ends) == {"active": False}
    assert introspected(http, stays)["active"] is True


def test_a_token_is_revoked_by_its_own_client_alone_and_nobody_is_told_which_it_was(server, http):
    token = server.token("lead-oslo")
    assert http.post("/revoke", data={"token": token, "client_id": "forkant-dashboard"}).status_code == 200
    assert http.post("/revoke", data={"token": "nonsense", "client_id": "forkant-cli"}).status_code == 200
    assert http.post("/revoke", data={"token": token, "client_id": "downstream-demo"}).status_code == 401
    assert http.post("/revoke", data={"token": token}).status_code == 401
    assert introspected(http, token)["active"] is True


def test_the_tokens_of_a_disabled_persona_hold_no_more_until_it_is_enabled(server, http):
    token = server.token("officer-troms")
    assert http.post("/dev/disable?as=officer-troms").json() == {"disabled": ["officer-troms"]}
    assert introspected(http, token) == {"active": False}
    assert introspected(http, server.token("lead-troms"))["active"] is True
    assert http.post("/dev/disable?as=officer-troms&off=true").json() == {"disabled": []}
    assert introspected(http, token)["active"] is True


def test_a_page_from_elsewhere_disables_nobody(http):
    answer = http.post("/dev/disable?as=officer-troms", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert http.post("/dev/disable?as=nobody").status_code == 403
