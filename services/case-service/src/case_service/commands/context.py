"""Who acts, when and with which ids: passed in, so that a command reads no clock and no request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forkant_kit.audit.record import Trail
from forkant_kit.vault import Vault

from case_service.domain.processes import Procedures
from case_service.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The caller of one request as commands and queries see it."""

    scope: Scope
    now: datetime
    new_id: Callable[[], UUID]
    trail: Trail
    """Where it is recorded what was done, in the transaction that does it."""
    vault: Vault
    """Holds the keys of what people write."""
    procedures: Procedures
    """Which tasks cases ask for, and by when."""

    @property
    def subject(self) -> str:
        """Who acts."""
        return self.scope.subject

    @property
    def unit(self) -> str:
        """The caller's unit."""
        return self.scope.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The case (or concern) that a command is for, as the caller last saw it, and when the thing happened."""

    id: UUID
    revision: int
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a caller gets for a change of a case."""

    id: UUID
    unit: str
    state: str
    version: int
    revision: int
    recorded_at: datetime
    item_id: UUID | None = None
