"""Where the platform that is verified can be reached."""

from dataclasses import dataclass

from forkant_devstack.stack.audit_trails import AuditTrail, running_trails
from forkant_devstack.stack.layout import find_layout
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES, database_urls
from forkant_devstack.supervisor.state import running_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Databases (as their workers), broker and APIs of one running platform."""

    case_database: str
    indicator_database: str
    notification_database: str | None
    kafka_bootstrap: str
    indicator_url: str
    issuer_url: str
    trails: tuple[AuditTrail, ...]


def running_platform() -> Platform:
    """Return the platform that the supervisor runs on this machine.

    Raises:
        DevstackError: none is running.
    """
    layout = find_layout()
    state, secrets = running_state(layout.run), SecretStore(layout.secrets)
    urls = {
        service.name: database_urls(
            service, broker=state.broker, postgres_port=state.ports["postgres"], secrets=secrets
        ).worker_url
        for service in SERVICES
    }
    return Platform(
        case_database=urls["case"],
        indicator_database=urls["indicator"],
        notification_database=urls["notification"],
        kafka_bootstrap=f"127.0.0.1:{state.ports['kafka']}",
        indicator_url=state.url("indicator-api"),
        issuer_url=state.issuer,
        trails=running_trails(),
    )
