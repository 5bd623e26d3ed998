"""Who can log in while developing: personas for people, identities for services, public clients for browsers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from forkant_contracts.codes import Role
from forkant_contracts.units import CASE_UNITS, DIRECTORATE, UNITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A subject that the issuer mints tokens for; ``service`` marks a machine identity.

    Attributes:
        clearance: the highest level of confidentiality of cases that it may see, 1 to 3.
    """

    name: str
    unit: str
    roles: tuple[Role, ...]
    title: str
    service: bool = False
    clearance: int = 1


_UNIT_ROLES: Final[dict[str, tuple[Role, str, int]]] = {
    "officer": (Role.CASE_OFFICER, "Case officer", 2),
    "officer2": (Role.CASE_OFFICER, "Second case officer", 1),
    "lead": (Role.PREVENTION_LEAD, "Prevention lead", 3),
    "analyst": (Role.ANALYST, "Analyst", 1),
    "privacy": (Role.PRIVACY_OFFICER, "Privacy officer", 3),
}

UNIT_ROLE_PREFIXES: Final = tuple(_UNIT_ROLES)
"""The prefixes of ``<prefix>-<unit>``, which exists for every unit that holds cases."""

_UNIT_PERSONA: Final = re.compile(rf"(?P<prefix>{'|'.join(_UNIT_ROLES)})-(?P<unit>[a-z-]+)")


def _national(name: str, title: str, *roles: Role, service: bool = False) -> Persona:
    return Persona(name=name, unit=DIRECTORATE, roles=roles, title=title, service=service)


_NATIONAL: Final = {
    persona.name: persona
    for persona in (
        _national("pod-analyst", "Analyst, directorate", Role.ANALYST, Role.DIRECTORATE),
        _national("pod-methods", "Method editor, directorate", Role.METHOD_EDITOR, Role.DIRECTORATE),
        _national("pod-privacy", "Privacy officer, directorate", Role.PRIVACY_OFFICER),
        _national("pod-admin", "Administrator", Role.ADMINISTRATOR),
        _national("auditor", "Auditor", Role.AUDITOR),
    )
}

SELF_AUDIT: Final = "indicator-self-audit"
"""The service identity by which the indicator service's worker holds its figures against the case service."""

COURIER: Final = "notification-courier"
"""The service identity by which the notification service's worker asks what the people it writes to may see."""

_SERVICES: Final = {
    persona.name: persona
    for persona in (
        _national("downstream-demo", "Downstream subscriber", Role.SUBSCRIBER, service=True),
        _national("import-demo", "Importer of aggregates", Role.IMPORTER, service=True),
        _national(SELF_AUDIT, "Self-audit of the indicators", Role.RECOUNTER, service=True),
        _national(COURIER, "Courier of the notifications", Role.COURIER, service=True),
    )
}

FEATURED: Final = (
    "officer-oslo",
    "officer2-oslo",
    "lead-oslo",
    "analyst-oslo",
    "privacy-oslo",
    "officer-troms",
    "lead-troms",
    "officer-kripos",
    *_NATIONAL,
)
"""The personas that documentation speaks of, in the order a person meets them."""

SERVICE_IDENTITIES: Final = tuple(_SERVICES)
"""Identities that log in by client credentials."""

SERVICE_SECRET: Final = "development-only"  # noqa: S105 - shared on purpose: the issuer refuses to run anywhere else
"""The client secret of every service identity and of the resource server; the issuer exists in development only."""

RESOURCE_SERVER: Final = "forkant"
"""The client that may introspect tokens, with the same secret; it is their audience, as newer issuers want it."""

PUBLIC_CLIENTS: Final = ("forkant-dashboard", "forkant-docs")
"""Browser clients without a secret: authorization code with PKCE."""

CLI_CLIENT: Final = "forkant-cli"
"""The ``client_id`` of tokens made by ``/dev/token``."""


def find_persona(name: str) -> Persona | None:
    """Return the persona or service identity of that name, or None when there is none."""
    known = _NATIONAL.get(name) or _SERVICES.get(name)
    if known is not None:
        return known
    match = _UNIT_PERSONA.fullmatch(name)
    if match is None or match["unit"] not in CASE_UNITS:
        return None
    role, title, clearance = _UNIT_ROLES[match["prefix"]]
    return Persona(
        name=name,
        unit=match["unit"],
        roles=(role,),
        title=f"{title}, {UNITS[match['unit']].name_nb}",
        clearance=clearance,
    )


def featured_personas() -> Iterator[Persona]:
    """Yield the personas of ``FEATURED``."""
    for name in FEATURED:
        persona = find_persona(name)
        if persona is not None:
            yield persona
