"""The realm that Keycloak imports: the development log-in's personas, service identities and clients, as it has them.

``python -m forkant_devstack.compose.realm`` writes `deploy/keycloak/forkant-realm.json`; ``--check`` compares.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from forkant_contracts.codes import Role
from forkant_contracts.units import CASE_UNITS

from forkant_devstack.issuer.personas import (
    CLI_CLIENT,
    PUBLIC_CLIENTS,
    RESOURCE_SERVER,
    SERVICE_IDENTITIES,
    SERVICE_SECRET,
    UNIT_ROLE_PREFIXES,
    Persona,
    featured_personas,
    find_persona,
)
from forkant_devstack.stack.ports import DEFAULT_PORTS

REALM: Final = "forkant"
FILE: Final = Path("deploy/keycloak/forkant-realm.json")

_LIFETIME_S: Final = 8 * 60 * 60
_PAGES: Final = tuple(
    f"http://{host}:{DEFAULT_PORTS[api]}"
    for host in ("127.0.0.1", "localhost")
    for api in ("case-api", "indicator-api", "notification-api")
)
"""Where the dashboard and the APIs' own pages are, as a browser on the same machine sees them."""
_AT_JWT: Final = {"access.token.header.type.rfc9068": "true"}
"""Makes an access token say `at+jwt`, without which our services refuse it (RFC 9068)."""


def realm() -> dict[str, Any]:
    """Return the realm as Keycloak's import reads it."""
    return {
        "realm": REALM,
        "enabled": True,
        "displayName": "Forkant (demo)",
        "sslRequired": "none",
        "registrationAllowed": False,
        "accessTokenLifespan": _LIFETIME_S,
        "ssoSessionIdleTimeout": _LIFETIME_S,
        "ssoSessionMaxLifespan": _LIFETIME_S,
        "internationalizationEnabled": True,
        "supportedLocales": ["no", "en"],
        "defaultLocale": "no",
        "roles": {"realm": [{"name": role.value} for role in Role if role is not Role.UNKNOWN]},
        "components": {"org.keycloak.userprofile.UserProfileProvider": [_user_profile()]},
        "clients": [
            *(_browser_client(name) for name in PUBLIC_CLIENTS),
            _shell_client(),
            _resource_server(),
            *(_service_client(name) for name in SERVICE_IDENTITIES),
        ],
        "users": [*(_user(persona) for persona in _people()), *(_service_user(each) for each in _services())],
    }


def document() -> str:
    """Return the file's text."""
    return json.dumps(realm(), ensure_ascii=False, indent=2) + "\n"


def _people() -> list[Persona]:
    names = [f"{prefix}-{unit}" for unit in CASE_UNITS for prefix in UNIT_ROLE_PREFIXES]
    found = {persona.name: persona for name in names if (persona := find_persona(name)) is not None}
    return list((found | {persona.name: persona for persona in featured_personas()}).values())


def _services() -> Iterator[Persona]:
    for name in SERVICE_IDENTITIES:
        persona = find_persona(name)
        if persona is not None:
            yield persona


def _user(persona: Persona) -> dict[str, Any]:
    # Keycloak's subject is the user's id, and the demo's members and approvers are known by their names.
    title = persona.title
    return {
        "id": persona.name,
        "username": persona.name,
        "enabled": True,
        "firstName": title,
        "lastName": "(demo)",
        "email": f"{persona.name}@forkant.invalid",
        "emailVerified": True,
        "attributes": {"unit": [persona.unit], "clearance": [str(persona.clearance)]},
        "realmRoles": [role.value for role in persona.roles],
        "credentials": [{"type": "password", "value": SERVICE_SECRET, "temporary": False}],
    }


def _service_user(persona: Persona) -> dict[str, Any]:
    return {
        "id": persona.name,
        "username": f"service-account-{persona.name}",
        "enabled": True,
        "serviceAccountClientId": persona.name,
        "attributes": {"unit": [persona.unit], "clearance": [str(persona.clearance)]},
        "realmRoles": [role.value for role in persona.roles],
    }


def _client(name: str, **more: Any) -> dict[str, Any]:
    return {
        "clientId": name,
        "enabled": True,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": True,
        "attributes": _AT_JWT,
        "protocolMappers": _claims(),
        **more,
    }


def _browser_client(name: str) -> dict[str, Any]:
    return _client(
        name,
        publicClient=True,
        standardFlowEnabled=True,
        redirectUris=[f"{page}/*" for page in _PAGES],
        webOrigins=["+"],
        attributes=_AT_JWT | {"pkce.code.challenge.method": "S256"},
    )


def _shell_client() -> dict[str, Any]:
    """Return the client of the `forkant` command, which logs in with a password: for personas without a secret."""
    return _client(CLI_CLIENT, publicClient=True, directAccessGrantsEnabled=True)


def _resource_server() -> dict[str, Any]:
    return _client(RESOURCE_SERVER, secret=SERVICE_SECRET, protocolMappers=[])


def _service_client(name: str) -> dict[str, Any]:
    return _client(name, secret=SERVICE_SECRET, serviceAccountsEnabled=True)


def _claims() -> list[dict[str, Any]]:
    """Return what puts the audience, the roles, the unit and the clearance into access tokens."""
    return [
        _mapper("audience", "oidc-audience-mapper", {"included.client.audience": RESOURCE_SERVER}),
        _mapper(
            "roles", "oidc-usermodel-realm-role-mapper", {"claim.name": "roles", "multivalued": "true"}, kind="String"
        ),
        _mapper("unit", "oidc-usermodel-attribute-mapper", {"claim.name": "unit", "user.attribute": "unit"}),
        _mapper(
            "clearance",
            "oidc-usermodel-attribute-mapper",
            {"claim.name": "clearance", "user.attribute": "clearance"},
            kind="int",
        ),
    ]


def _mapper(name: str, mapper: str, config: dict[str, str], *, kind: str = "String") -> dict[str, Any]:
    common = {"access.token.claim": "true", "id.token.claim": "false", "introspection.token.claim": "true"}
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": mapper,
        "config": common | {"jsonType.label": kind} | config,
    }


def _user_profile() -> dict[str, Any]:
    """Return a profile whose unit and clearance are an administrator's alone to change: access follows from them."""
    own = {"permissions": {"view": ["admin", "user"], "edit": ["admin"]}}
    known = [{"name": name, **own} for name in ("username", "email", "firstName", "lastName", "unit", "clearance")]
    return {
        "providerId": "declarative-user-profile",
        "subComponents": {},
        "config": {"kc.user.profile.config": [json.dumps({"attributes": known})]},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or compare it; the exit code is 1 when it is not as it should be."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--check"]:
        if FILE.exists() and FILE.read_text(encoding="utf-8") == document():
            return 0
        print(f"{FILE} is not what the personas say: run python -m forkant_devstack.compose.realm", file=sys.stderr)
        return 1
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
