"""The audit trails of the running platform: one for each service that keeps one, with heads and keys of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.process import DevstackError
from forkant_devstack.stack.audit_files import audit_files
from forkant_devstack.stack.layout import find_layout
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import AUDITED, database_urls
from forkant_devstack.supervisor.state import running_state


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTrail:
    """One service's trail, and what it is verified against."""

    service: str
    database_url: str
    """The database as the worker's role, which seals the trail."""
    heads: Path | None
    """Where the heads of the chain are published, if anywhere."""
    keys: Mapping[str, str]
    """Public keys of this service's heads by their id."""


def running_trails(service: str | None = None) -> tuple[AuditTrail, ...]:
    """Return the trails of the platform that runs on this machine: all, or one service's.

    Raises:
        DevstackError: no platform runs, or the service keeps no trail.
    """
    known = {each.name: each for each in AUDITED}
    if service is not None and service not in known:
        raise DevstackError(
            f"there is no audit trail of {service}", hint=f"take one of: {', '.join(known)}", exit_code=2
        )
    layout = find_layout()
    state, secrets = running_state(layout.run), SecretStore(layout.secrets)
    trails = []
    for each in known.values() if service is None else [known[service]]:
        urls = database_urls(each, broker=state.broker, postgres_port=state.ports["postgres"], secrets=secrets)
        files = audit_files(layout, secrets, database=each.database(broker=state.broker))
        trails.append(AuditTrail(service=each.name, database_url=urls.worker_url, heads=files.heads, keys=files.keys()))
    return tuple(trails)
