"""How far each role of the policy table reaches, by the kit's rules of access: unit, membership, level, restriction.

Roles by action stand in :mod:`case_service.policy` alone; this says over which cases and concerns they hold. That
those who work on a case see it as its members only, and leads those of the highest level, is an assumption that a
lawyer must confirm, and so is that a purpose serves cases of the same purpose only.

Nothing but tests uses it yet: routes ask the policy table, queries the scope of the caller's unit, and cases have
neither level nor members so far.
"""

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import PurposeCode, Role
from forkant_kit.access.rules import Action, Allowance, Rules

from case_service.policy import RULES


class Level(IntEnum):
    """Confidentiality of a case, and the clearance that it takes to see it."""

    ORDINARY = 1
    CONFIDENTIAL = 2
    STRICTLY_CONFIDENTIAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How some roles stand to the cases of their unit; see :class:`~forkant_kit.access.rules.Allowance`."""

    roles: frozenset[Role]
    members_from: int | None = 0
    sees_restricted: bool = False


STANDINGS: Final = (
    Standing(
        roles=frozenset({Role.CASE_OFFICER, Role.RADICALISATION_CONTACT, Role.ONLINE_PATROL, Role.POLICE_LIAISON})
    ),
    Standing(roles=frozenset({Role.PREVENTION_LEAD}), members_from=Level.STRICTLY_CONFIDENTIAL, sees_restricted=True),
    Standing(roles=frozenset({Role.PRIVACY_OFFICER}), members_from=None, sees_restricted=True),
)
"""Those who work on a case need to be its members; those who answer for a unit's cases need not."""

BEFORE_MEMBERSHIP: Final = frozenset(
    {"concern.receive", "concern.read", "concern.decide", "case.open", "case.answer_transfer"}
)
"""Actions of a unit on what has no members yet. An offer is answered by the unit it goes to, which is the target's."""

NOT_ON_CASES: Final = frozenset({"audit.read", "reference.read"})
"""Actions that the policy table decides alone."""

READS: Final = frozenset({"concern.read", "case.read"})
"""Actions that change nothing."""

BY_BREAK_GLASS: Final = frozenset({"case.read"})
"""Actions that broken glass opens."""

_PURPOSES: Final = frozenset(purpose.value for purpose in PurposeCode) - {PurposeCode.UNKNOWN.value}


def _allowances(action: str, roles: frozenset[Role]) -> tuple[Allowance, ...]:
    return tuple(
        Allowance(
            roles=frozenset(role.value for role in standing.roles & roles),
            purposes=_PURPOSES,
            members_from=None if action in BEFORE_MEMBERSHIP else standing.members_from,
            sees_restricted=standing.sees_restricted,
        )
        for standing in STANDINGS
        if standing.roles & roles
    )


ACCESS: Final = Rules.of(
    (
        Action(
            name=action,
            allowances=_allowances(action, roles),
            reads=action in READS,
            break_glass=action in BY_BREAK_GLASS,
        )
        for action, roles in RULES.items()
        if action not in NOT_ON_CASES
    ),
    serves=MappingProxyType({purpose: frozenset({purpose}) for purpose in _PURPOSES}),
)
"""The whole table of what is done to cases and concerns."""
