"""Who may do what, and what they see: the one policy module of the service. What is not here is refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import Role
from forkant_contracts.units import DIRECTORATE
from forkant_kit.auth import Principal
from forkant_kit.policy import Policy

from notification_service.domain.audiences import LEADS, OFFICERS, OPERATORS, PRIVACY
from notification_service.visibility import Owner, Reader, Sight

_PEOPLE: Final = LEADS | OFFICERS | PRIVACY | {Role.ANALYST}
# Who runs the platform is told of its alarms, which name no case, and of nothing else.
_TOLD: Final = _PEOPLE | OPERATORS
_OWNERS: Final = LEADS | {Role.SUBSCRIBER}

RULES: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "inbox.read": _TOLD,
        "inbox.stream": _TOLD,
        "inbox.mark": _TOLD,
        "subscription.read": _PEOPLE,
        "subscription.write": _PEOPLE,
        "preference.read": _PEOPLE,
        "preference.write": _PEOPLE,
        "letter.read": _PEOPLE,
        "letter.replay": _PEOPLE,
        "acknowledgement.read": LEADS | PRIVACY,
        "endpoint.read": _OWNERS,
        "endpoint.write": _OWNERS,
        "delivery.read": _OWNERS,
        "delivery.replay": _OWNERS,
        "audit.read": frozenset({Role.AUDITOR, Role.PRIVACY_OFFICER}),
    }
)
"""Roles by action."""

OF_PEOPLE: Final = frozenset(action for action, roles in RULES.items() if roles >= _PEOPLE)
"""Actions by which a person shows with their own token who they are."""

POLICY: Final = Policy({action: frozenset(role.value for role in roles) for action, roles in RULES.items()})
"""The table as routes ask it."""


def reader_of(principal: Principal, sight: Sight) -> Reader:
    """Return whose inbox it is, and what that person may see."""
    return Reader(person=principal.subject, unit=principal.unit, roles=principal.roles, sight=sight)


def owner_of(principal: Principal) -> Owner:
    """Return whose endpoints they are: a lead has all of the unit, a service its own.

    A service of the directorate may know of every unit.
    """
    service = principal.has_role(Role.SUBSCRIBER)
    national = service and principal.unit == DIRECTORATE
    return Owner(unit=principal.unit, national=national, subject=principal.subject if service else None)
