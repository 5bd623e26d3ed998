"""Who may do what in the indicator service; what isn't here is refused."""

from forkant_contracts.codes import Role
from forkant_kit.auth import Principal
from forkant_kit.policy import Policy

from indicator_service.aggregation.cells import district_of
from indicator_service.aggregation.register import Register
from indicator_service.aggregation.snapshot import NOBODY, Reader

READ_FIGURES = "figures.read"
EXPORT_FIGURES = "figures.export"
READ_CASES_BEHIND = "figures.read_cases"
READ_REFERENCE = "reference.read"
READ_AUDIT = "audit.read"
IMPORT_FIGURES = "imports.write"
WITHDRAW_IMPORT = "imports.withdraw"
READ_IMPORTS = "imports.read"
READ_IMPORTED_ROWS = "imports.read_rows"
READ_TARGETS = "target.read"
PROPOSE_TARGETS = "target.propose"
APPROVE_TARGETS = "target.approve"
WITHDRAW_TARGETS = "target.withdraw"
READ_PRIORITIES = "priority.read"
SET_PRIORITIES = "priority.set"
READ_PLANS = "plan.read"
WRITE_PLANS = "plan.write"
APPROVE_PLANS = "plan.approve"
WITHDRAW_PLANS = "plan.withdraw"
READ_PILOTS = "pilot.read"
PROPOSE_PILOTS = "pilot.propose"
APPROVE_PILOTS = "pilot.approve"
ENROL_IN_PILOTS = "pilot.enrol"
WITHDRAW_FROM_PILOTS = "pilot.withdraw"
END_PILOTS = "pilot.end"
READ_TRIALS = "trial.read"
REGISTER_TRIALS = "trial.register"
CONCLUDE_TRIALS = "trial.conclude"
CLOSE_TRIALS = "trial.close"
WITHDRAW_TRIALS = "trial.withdraw"

UNAUDITED = frozenset({READ_REFERENCE, READ_TARGETS, READ_PRIORITIES, READ_PLANS, READ_PILOTS, READ_TRIALS})
"""Actions that show no figures, whose success needs no entry in the audit trail."""

_READERS = frozenset(role.value for role in Role) - {
    role.value for role in (Role.UNKNOWN, Role.IMPORTER, Role.RECOUNTER, Role.COURIER)
}

_WATCHERS = frozenset({Role.AUDITOR.value, Role.PRIVACY_OFFICER.value})

_IMPORTERS = frozenset({Role.IMPORTER.value, Role.DIRECTORATE.value})

_STEERERS = frozenset({Role.PREVENTION_LEAD.value, Role.DIRECTORATE.value})
"""Who steers: a lead the own unit, the directorate all. An analyst of a unit prepares, and decides nothing."""

POLICY = Policy(
    {
        READ_FIGURES: _READERS,
        EXPORT_FIGURES: _READERS,
        READ_CASES_BEHIND: _READERS,
        READ_REFERENCE: _READERS,
        READ_AUDIT: _WATCHERS,
        IMPORT_FIGURES: _IMPORTERS,
        WITHDRAW_IMPORT: _IMPORTERS,
        # Where figures come from, for whoever may read some, and without any.
        READ_IMPORTS: _READERS | _IMPORTERS,
        READ_IMPORTED_ROWS: frozenset({Role.DIRECTORATE.value}),
        READ_TARGETS: _READERS,
        PROPOSE_TARGETS: _STEERERS,
        APPROVE_TARGETS: frozenset({Role.DIRECTORATE.value}),
        WITHDRAW_TARGETS: _STEERERS,
        READ_PRIORITIES: _READERS,
        SET_PRIORITIES: _STEERERS,
        READ_PLANS: _READERS,
        # A plan is its unit's to write; the directorate approves it, as it approves targets.
        WRITE_PLANS: frozenset({Role.PREVENTION_LEAD.value}),
        APPROVE_PLANS: frozenset({Role.DIRECTORATE.value}),
        WITHDRAW_PLANS: _STEERERS,
        READ_TRIALS: _READERS,
        **dict.fromkeys((REGISTER_TRIALS, CONCLUDE_TRIALS, CLOSE_TRIALS, WITHDRAW_TRIALS), _STEERERS),
        READ_PILOTS: _READERS,
        **dict.fromkeys(
            (PROPOSE_PILOTS, APPROVE_PILOTS, ENROL_IN_PILOTS, WITHDRAW_FROM_PILOTS, END_PILOTS),
            frozenset({Role.DIRECTORATE.value}),
        ),
    }
)


def reader_of(principal: Principal, units: Register) -> Reader:
    """Return what a person may see unsuppressed, and everything for the directorate.

    A unit's people see their own district or body, and the units whose work went wholly into it: theirs are the cases
    of before too. Of a unit whose work was shared out no successor sees more than anybody else, and whoever still acts
    for a unit that ended sees what everybody sees.
    """
    unit = district_of(principal.unit)
    own = units.known_to(unit)
    return Reader(
        unit=unit if unit in own else NOBODY, sees_all=principal.has_role(Role.DIRECTORATE), before=own - {unit}
    )
