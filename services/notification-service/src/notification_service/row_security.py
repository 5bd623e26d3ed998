"""What the database is told of the caller, for row-level security below :mod:`notification_service.visibility`."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import Role
from forkant_kit.rls.stance import Stance

from notification_service.visibility import Owner, Reader, sees_restricted

FREE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alembic_version": "names a revision, which may be read and not changed",
        "audit_entry": "only grows; which of it is shown is the audit route's to say, since an auditor may ask for all",
        "audit_link": "hashes alone; only grows",
        "audit_chain": "a hash and a position; only goes on",
        "audit_checkpoint": "hashes and counts of months that went; nobody but their function writes",
    }
)
"""Tables without row-level security, each with the reason why it needs none."""

ROLES: Final = frozenset(role.value for role in Role)
"""Roles that the database is told of."""


def stance(reader: Reader, owner: Owner, *, changes: bool) -> Stance:
    """Return what a caller's transaction tells the database.

    Args:
        reader: whose messages are there.
        owner: whose endpoints are there, with their deliveries.
        changes: whether the transaction is to change anything beside the audit trail.
    """
    return Stance(
        {
            "unit": reader.unit,
            "subject": reader.person,
            "roles": " ".join(sorted(reader.roles & ROLES)),
            "sees_restricted": _switch(on=sees_restricted(reader)),
            "seen_now": _ids(reader.sight.now),
            "seen_ever": _ids(reader.sight.ever),
            "national": _switch(on=owner.national),
            "owner": owner.subject or "",
            "changes": _switch(on=changes),
        }
    )


def _ids(ids: Iterable[UUID]) -> str:
    return " ".join(str(each) for each in sorted(ids))


def _switch(*, on: bool) -> str:
    return "on" if on else "off"
