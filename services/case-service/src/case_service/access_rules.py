"""How far each role of the policy table reaches, by the kit's rules of access: unit, membership, level, restriction.

Roles by action stand in :mod:`case_service.policy` alone; this says over which cases and concerns they hold. That
those who work on a case see it as its members only, and leads those of the highest level, is an assumption that a
lawyer must confirm, and so is that a purpose serves cases of the same purpose only.

:data:`ACCESS` decides about one case, :func:`scope_of` gives the same as parameters of the predicates in
:mod:`case_service.scope`, by which every statement is filtered.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import PurposeCode, Role
from forkant_contracts.units import CASE_UNITS, DIRECTORATE
from forkant_kit.access.rules import Action, Allowance, Rules
from forkant_kit.auth import Principal
from forkant_kit.problems import ProblemError

from case_service.domain.levels import Level
from case_service.policy import RULES
from case_service.scope import NOBODY_NEEDS_MEMBERSHIP, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How some roles stand to the cases of their unit; see :class:`~forkant_kit.access.rules.Allowance`."""

    roles: frozenset[Role]
    members_from: int | None = 0
    sees_restricted: bool = False


STANDINGS: Final = (
    Standing(
        roles=frozenset(
            {
                Role.CASE_OFFICER,
                Role.RADICALISATION_CONTACT,
                Role.ONLINE_PATROL,
                Role.POLICE_LIAISON,
                Role.IMPORTER,
            }
        )
    ),
    Standing(roles=frozenset({Role.PREVENTION_LEAD}), members_from=Level.STRICTLY_CONFIDENTIAL, sees_restricted=True),
    Standing(roles=frozenset({Role.PRIVACY_OFFICER}), members_from=None, sees_restricted=True),
)
"""Those who work on a case need to be its members; those who answer for a unit's cases need not.

Each reaches further than the one before, so that of several roles of a person the last says all.
"""

BEFORE_MEMBERSHIP: Final = frozenset(
    {"concern.receive", "concern.read", "concern.decide", "case.open", "case.import", "case.answer_transfer"}
)
"""Actions of a unit on what has no members yet. An offer is answered by the unit it goes to, which is the target's."""

NOT_ON_CASES: Final = frozenset(
    {
        "audit.read",
        "reference.read",
        "case.break_glass",
        "case.review_access",
        "case.substitute",
        "example.read",
        "example.withdraw",
        "recount.read",
        "visibility.ask_for_person",
    }
) | frozenset(action for action in RULES if action.startswith(("method.", "reorganisation.", "unit.")))
"""Actions that the policy table decides alone: on no case, or on one that is not seen yet."""

READS: Final = frozenset(
    {
        "case.read",
        "case.export",
        "case.read_attachment",
        "case.read_erasure",
        "case.review_retention",
        "concern.read",
        "example.read_draft",
    }
)
"""Actions that change nothing."""

OF_THE_DIRECTORATE: Final = frozenset(
    {
        "method.edit",
        "method.approve",
        "reorganisation.propose",
        "reorganisation.decide",
        "recount.read",
        "visibility.ask_for_person",
    }
)
"""Actions that a role allows in the directorate alone; the database holds to it too."""

BY_BREAK_GLASS: Final = frozenset({"case.read", "case.read_attachment"})
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


def scope_of(
    principal: Principal,
    action: str,
    *,
    at: datetime,
    purpose: str | None = None,
    units: Collection[str] = CASE_UNITS,
) -> Scope:
    """Return how far an action of a principal reaches; ``units`` are all that ever held cases, or will.

    What is not an action on cases, such as reading the audit trail, shows of cases what reading them shows; so do
    concerns, which are their unit's whole, of the cases that they became.

    Raises:
        ProblemError: 403 ``unit-holds-no-cases`` for a unit that is unknown or holds no cases.
    """
    if principal.unit not in units:
        raise ProblemError(
            403, "unit-holds-no-cases", "Your unit holds no cases", "Only districts and special bodies have cases."
        )
    known = action if action in ACCESS.actions and action != "concern.read" else "case.read"
    scope = Scope(unit=principal.unit, subject=principal.subject, clearance=principal.clearance, at=at, purpose=purpose)
    for allowance in ACCESS.actions[known].allowances:
        if not allowance.roles.isdisjoint(principal.roles):
            scope = replace(
                scope,
                members_from=NOBODY_NEEDS_MEMBERSHIP if allowance.members_from is None else allowance.members_from,
                sees_restricted=allowance.sees_restricted,
                broken_glass=ACCESS.actions[known].break_glass,
            )
    return scope


def import_scope(principal: Principal, *, at: datetime, units: Collection[str] = CASE_UNITS) -> Scope:
    """Return how far an import reaches: to the caller's unit, or to any for an importer of the directorate's.

    Such an importer says with each row whose case it is; its scope names the directorate, which holds none.

    Raises:
        ProblemError: see :func:`scope_of`.
    """
    if principal.unit != DIRECTORATE or Role.IMPORTER.value not in principal.roles:
        return scope_of(principal, "case.import", at=at, units=units)
    return Scope(
        unit=principal.unit,
        subject=principal.subject,
        clearance=principal.clearance,
        at=at,
        members_from=NOBODY_NEEDS_MEMBERSHIP,
    )


def privacy_scope(*, unit: str, subject: str, clearance: int, at: datetime) -> Scope:
    """Return how far a privacy officer of a unit reaches, for what the worker does because one asked for it."""
    return Scope(
        unit=unit,
        subject=subject,
        clearance=clearance,
        at=at,
        members_from=NOBODY_NEEDS_MEMBERSHIP,
        sees_restricted=True,
    )


def national_scope(principal: Principal, action: str, *, at: datetime) -> Scope:
    """Return the scope of an action on what all units share, which shows no case of any.

    Raises:
        ProblemError: 403 ``forbidden`` for what only people of the directorate do, whatever role another unit gave.
    """
    if action in OF_THE_DIRECTORATE and principal.unit != DIRECTORATE:
        raise ProblemError(403, "forbidden", "The directorate alone does this", "Ask the directorate to do it.")
    return Scope(unit=principal.unit, subject=principal.subject, clearance=0, at=at)
