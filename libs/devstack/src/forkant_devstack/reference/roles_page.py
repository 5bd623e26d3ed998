"""The page of who may do what, made from each service's policy table and the actions that its routes ask for."""

from collections.abc import Mapping
from typing import Final

import case_service.policy
import indicator_service.policy
import notification_service.policy
from forkant_contracts.codes import Role
from forkant_kit.policy import Policy

from forkant_devstack.reference.markdown import table

POLICIES: Final[Mapping[str, Policy]] = {
    "case": case_service.policy.POLICY,
    "indicator": indicator_service.policy.POLICY,
    "notification": notification_service.policy.POLICY,
}
ROLES: Final = tuple(role for role in Role if role is not Role.UNKNOWN)
_HEAD: Final = """# Roles and what they may do

A role decides which actions somebody may take at all; what is not here is refused with 403 `forbidden`. Which cases
they may take them on is decided besides by unit, membership, level, restriction and purpose
([need to know](../how-to/need-to-know.md)): what one may not see is 404. The tables are those that the services ask.

"""


def document() -> str:
    """Return the page's text: per service the roles of each action, and per role its actions."""
    parts = [_HEAD]
    for service, policy in POLICIES.items():
        rows = [(f"`{action}`", ", ".join(_named(policy, action))) for action in sorted(policy.actions)]
        parts.append(f"## {service.capitalize()} service\n\n{table(('action', 'roles'), rows)}\n")
    parts.append("## By role\n\n")
    parts.append(table(("role", *(f"{service} service" for service in POLICIES)), [_row(role) for role in ROLES]))
    return "".join(parts)


def _named(policy: Policy, action: str) -> list[str]:
    return [f"`{role.value}`" for role in ROLES if role.value in policy.roles_of(action)]


def _row(role: Role) -> tuple[str, ...]:
    allowed = [
        [f"`{action}`" for action in sorted(policy.actions) if role.value in policy.roles_of(action)]
        for policy in POLICIES.values()
    ]
    return (f"`{role.value}`", *(", ".join(each) or "–" for each in allowed))
