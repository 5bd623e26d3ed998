"""The databases of the running platform, as operators' commands use them."""

from forkant_devstack.stack.layout import find_layout
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES, database_urls
from forkant_devstack.supervisor.state import running_state


def running_databases(*services: str) -> dict[str, str]:
    """Return the URLs of these services' databases as their workers.

    Raises:
        DevstackError: no platform runs on this machine.
    """
    layout = find_layout()
    state, secrets = running_state(layout.run), SecretStore(layout.secrets)
    return {
        service.name: database_urls(
            service, broker=state.broker, postgres_port=state.ports["postgres"], secrets=secrets
        ).worker_url
        for service in SERVICES
        if service.name in services
    }
