"""Which roles may take which action; what is not here is refused. How far they reach: `access_rules`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import Role
from forkant_kit.policy import Policy

_LEAD: Final = frozenset({Role.PREVENTION_LEAD})
_DECIDERS: Final = _LEAD | {Role.CASE_OFFICER}
_CASEWORKERS: Final = _DECIDERS | {Role.RADICALISATION_CONTACT, Role.ONLINE_PATROL}
_INTAKE: Final = _CASEWORKERS | {Role.POLICE_LIAISON}
_GUARDIANS: Final = _LEAD | {Role.PRIVACY_OFFICER}
_READERS: Final = _INTAKE | _GUARDIANS
_NATIONAL: Final = frozenset({Role.DIRECTORATE, Role.ADMINISTRATOR})
_EVERYBODY: Final = frozenset(Role) - {Role.UNKNOWN, Role.RECOUNTER, Role.COURIER}

RULES: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "concern.receive": _INTAKE,
        "concern.read": _READERS,
        "concern.decide": _DECIDERS,
        "case.open": _INTAKE,
        "case.export": _READERS,
        "case.import": _LEAD | {Role.IMPORTER},
        "case.read": _READERS,
        "case.assess": _CASEWORKERS,
        "case.plan": _CASEWORKERS,
        "case.approve_plan": _LEAD,
        "case.measures": _CASEWORKERS,
        "case.follow_ups": _INTAKE,
        "case.evaluate": _CASEWORKERS,
        "case.hold": _CASEWORKERS,
        "case.close": _CASEWORKERS,
        "case.refer": _CASEWORKERS,
        "case.reject": _DECIDERS,
        "case.reopen": _DECIDERS,
        "case.partners": _INTAKE,
        "case.goal": _INTAKE,
        "case.register_information": _INTAKE,
        "case.clarify_information": _READERS,
        "case.tasks": _INTAKE,
        "case.attach": _INTAKE,
        "case.read_attachment": _READERS,
        "case.remove_attachment": _CASEWORKERS,
        "case.members": _DECIDERS,
        "case.break_glass": _INTAKE,
        "case.review_access": _GUARDIANS,
        "case.substitute": _LEAD,
        "case.level": _GUARDIANS,
        "case.offer_transfer": _DECIDERS,
        "case.answer_transfer": _DECIDERS,
        "case.link": _CASEWORKERS,
        "case.merge": _DECIDERS,
        "case.restrict": _GUARDIANS,
        "case.legal_hold": frozenset({Role.PRIVACY_OFFICER}),
        "case.archive_decision": _GUARDIANS,
        "case.erase_batch": frozenset({Role.PRIVACY_OFFICER}),
        "case.prepare_disclosure": _CASEWORKERS,
        "case.approve_disclosure": _GUARDIANS,
        "case.disclose": _CASEWORKERS,
        "case.read_erasure": _GUARDIANS,
        "case.review_retention": frozenset({Role.PRIVACY_OFFICER}),
        "case.erase": frozenset({Role.PRIVACY_OFFICER}),
        "search.keep": _READERS,
        "search.erase": frozenset({Role.PRIVACY_OFFICER}),
        "method.read": _EVERYBODY,
        "method.propose": _INTAKE | {Role.METHOD_EDITOR},
        "method.comment": _INTAKE | {Role.METHOD_EDITOR, Role.ANALYST, Role.DIRECTORATE, Role.PRIVACY_OFFICER},
        "method.edit": frozenset({Role.METHOD_EDITOR}),
        "method.approve": frozenset({Role.DIRECTORATE}),
        "reorganisation.read": _EVERYBODY,
        "reorganisation.propose": _NATIONAL,
        "reorganisation.decide": _NATIONAL,
        # How a district is divided is its own affair: no case hangs on it, and nobody's reach.
        "unit.organise": _LEAD,
        "example.draft": _CASEWORKERS,
        "example.read_draft": _CASEWORKERS | _GUARDIANS,
        "example.review": _GUARDIANS,
        "example.publish": _LEAD,
        "example.read": _EVERYBODY,
        "example.withdraw": _GUARDIANS | {Role.DIRECTORATE},
        "audit.read": frozenset({Role.AUDITOR, Role.PRIVACY_OFFICER}),
        "reference.read": _EVERYBODY,
        # A service counts again what all units have, in codes; no person does.
        "recount.read": frozenset({Role.RECOUNTER}),
        # A service asks for whom it writes to what they may be told of.
        "visibility.ask_for_person": frozenset({Role.COURIER}),
    }
)
"""Roles by action."""

UNAUDITED: Final = frozenset({"reference.read", "method.read", "example.read", "reorganisation.read"})
"""Actions that show nothing about anybody, whose success needs no entry in the audit trail."""

POLICY: Final = Policy({action: frozenset(role.value for role in roles) for action, roles in RULES.items()})
"""The table as routes ask it."""
