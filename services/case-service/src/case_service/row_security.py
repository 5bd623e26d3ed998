"""What the database is told of the caller, for row-level security below the predicates of :mod:`case_service.scope`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_kit.rls.stance import Stance

from case_service.domain.levels import Level
from case_service.scope import NOBODY_NEEDS_MEMBERSHIP, Scope

FREE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alembic_version": "names a revision, which may be read and not changed",
        "unit": "public reference data; the owner's functions alone write it, as was approved or below a district",
        "unit_succession": "public reference data; the owner's functions alone write it, of an approved reorganisation",
        "municipality": "public reference data, which no process may write",
        "municipality_unit": "public reference data; the owner's functions alone write it, likewise",
        "method": "public reference data; the owner's functions alone write it, for the directorate",
        "method_step": "public reference data; an owner's function alone writes it, for the directorate",
        "method_head": "ids of methods; the owner's functions alone write it, for the directorate",
        "code_retirement": "public reference data; an owner's function alone writes it, for the directorate",
        "piloted_code": "public reference data, which no process may write",
        "pilot": "public: which programme opens which types of case, and when; the worker writes what events tell",
        "pilot_unit": "public: which units take part in which programme; the worker writes what events tell",
        "consumer_offset": "how far topics are read; the worker's alone",
        "outbox": "events under way to Kafka; an API may add and not look",
        "relay_lease": "no data of cases; the worker's alone",
        "relay_member": "no data of cases; the worker's alone",
        "audit_entry": "only grows; which of it is shown is the audit route's to say, since an auditor may ask for all",
        "audit_link": "hashes alone; only grows",
        "audit_chain": "a hash and a position; only goes on",
        "audit_checkpoint": "hashes and counts of months that went; nobody but their function writes",
    }
)
"""Tables without row-level security, each with the reason why it needs none."""


RECOUNTING: Final = Stance({"recounts": "on"})
"""Of a recount: two functions hand out what is counted, and no row of any case or concern is there."""


def stance(scope: Scope, *, changes: bool, whole_unit: bool = False, about: UUID | None = None) -> Stance:
    """Return what a caller's transaction tells the database.

    Args:
        scope: what the caller may see.
        changes: whether the transaction is to change anything beside the audit trail.
        about: the case that it is about, when it is one; it decides nothing, lets the database ask about that one
            instead of listing the caller's cases, and plan once.
        whole_unit: show every case of the unit, to a query that tells of some only that they are gone.
    """
    return Stance(
        {
            "unit": scope.unit,
            "subject": scope.subject,
            "clearance": str(max(Level) if whole_unit else scope.clearance),
            "members_from": str(NOBODY_NEEDS_MEMBERSHIP if whole_unit else scope.members_from),
            "sees_restricted": "on" if scope.sees_restricted or whole_unit else "off",
            "at": scope.at.isoformat(),
            "changes": "on" if changes else "off",
            "about": "" if about is None else str(about),
        },
        by_key=about is not None,
    )
