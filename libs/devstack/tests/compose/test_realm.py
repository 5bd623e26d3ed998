"""The realm that Keycloak imports says of everybody what the development log-in says."""

import json
from pathlib import Path

import pytest
from forkant_devstack.compose import realm
from forkant_devstack.issuer.personas import PUBLIC_CLIENTS, SERVICE_IDENTITIES, featured_personas, find_persona
from forkant_devstack.issuer.tokens import access_claims
from forkant_devstack.stack.ports import DEFAULT_PORTS

ROOT = Path(__file__).parents[4]
REALM = realm.realm()
USERS = {user["id"]: user for user in REALM["users"]}
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
LONGEST_ID = 36
"""Keycloak keeps no longer id of a user."""


def test_the_committed_realm_is_the_one_that_the_personas_make():
    assert json.loads((ROOT / realm.FILE).read_text(encoding="utf-8")) == REALM


def test_a_file_that_differs_is_told_of_and_can_be_written_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert realm.main(["--check"]) == 1
    assert "python -m forkant_devstack.compose.realm" in capsys.readouterr().err
    assert realm.main([]) == 0
    assert realm.main(["--check"]) == 0


def test_everybody_of_the_documentation_is_there():
    assert {persona.name for persona in featured_personas()} | set(SERVICE_IDENTITIES) <= USERS.keys()


@pytest.mark.parametrize("name", USERS)
def test_each_is_who_they_are_at_the_development_log_in(name):
    user, persona = USERS[name], find_persona(name)
    claims = access_claims(issuer="https://issuer.invalid", persona=persona, client_id="forkant-cli")
    assert len(name) <= LONGEST_ID
    assert user["realmRoles"] == claims["roles"]
    assert user["attributes"] == {"unit": [claims["unit"]], "clearance": [str(claims["clearance"])]}


@pytest.mark.parametrize("name", [*PUBLIC_CLIENTS, *SERVICE_IDENTITIES, "forkant-cli"])
def test_each_clients_tokens_say_what_our_services_ask_for(name):
    client = CLIENTS[name]
    claims = {mapper["config"].get("claim.name") for mapper in client["protocolMappers"]}
    assert {"roles", "unit", "clearance"} <= claims
    assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
    audience = next(mapper for mapper in client["protocolMappers"] if mapper["name"] == "audience")
    assert audience["config"]["included.client.audience"] == "forkant"


@pytest.mark.parametrize("name", PUBLIC_CLIENTS)
def test_browsers_come_back_to_our_pages_alone_and_prove_that_it_is_they(name):
    client = CLIENTS[name]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert f"http://127.0.0.1:{DEFAULT_PORTS['indicator-api']}/*" in client["redirectUris"]
    assert all(uri.startswith(("http://127.0.0.1:80", "http://localhost:80")) for uri in client["redirectUris"])
    assert not client["directAccessGrantsEnabled"]


def test_nobody_changes_their_own_unit_or_clearance():
    (profile,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    attributes = json.loads(profile["config"]["kc.user.profile.config"][0])["attributes"]
    guarded = {each["name"]: each["permissions"]["edit"] for each in attributes}
    assert guarded["unit"] == guarded["clearance"] == ["admin"]
