"""The three services as the platform runs them: names, databases and the environment they read."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from forkant_devstack.issuer.personas import COURIER, RESOURCE_SERVER, SELF_AUDIT, SERVICE_SECRET
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.stack.secret_store import SecretStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: the short name its processes begin with, its package, and what it keeps."""

    name: str
    package: str
    audited: bool
    """Whether it keeps a sealed audit trail, which its worker seals and publishes the heads of."""

    def database(self, *, broker: str) -> str:
        """Give the name of its database: another one beside a broker that forgets, since offsets would not fit."""
        return f"forkant_{self.name}" if broker == "kafka" else f"forkant_{self.name}_{broker}"


SERVICES: Final = (
    Service(name="case", package="case_service", audited=True),
    Service(name="indicator", package="indicator_service", audited=True),
    Service(name="notification", package="notification_service", audited=True),
)
AUDITED: Final = tuple(service for service in SERVICES if service.audited)
"""Those whose audit trails are verified; said here, since a database that lost its trail must not go unseen."""


def database_urls(service: Service, *, broker: str, postgres_port: int, secrets: SecretStore) -> DatabaseUrls:
    """Give the URLs of a service's database as its owner, as the application and as the worker."""
    database = service.database(broker=broker)

    def url(role: str) -> str:
        name = f"{database}_{role}"
        return f"postgresql://{name}:{secrets.get(name)}@127.0.0.1:{postgres_port}/{database}"

    return DatabaseUrls(owner_url=url("owner"), app_url=url("app"), worker_url=url("worker"))


def environment(
    service: Service, *, urls: DatabaseUrls, ports: Mapping[str, int], secrets: SecretStore
) -> dict[str, str]:
    """Give what a service's processes read, on top of the user's shell (which may set a log level)."""
    key = base64.b64encode(hashlib.sha256(secrets.get("endpoint_secrets").encode()).digest()).decode()
    return {
        "PYTHONDONTWRITEBYTECODE": "",  # else every start compiles our own code anew
        "PYTHONUNBUFFERED": "1",
        "FORKANT_ENV": "dev",
        "FORKANT_HTTP_HOST": "127.0.0.1",
        "FORKANT_HTTP_PORT": str(ports[f"{service.name}-api"]),
        "FORKANT_WORKER_PORT": str(ports[f"{service.name}-worker"]),
        "FORKANT_DATABASE_URL": urls.app_url,
        "FORKANT_KAFKA_BOOTSTRAP": f"127.0.0.1:{ports['kafka']}",
        "FORKANT_OIDC_ISSUER": f"http://127.0.0.1:{ports['issuer']}",
        "FORKANT_OIDC_AUDIENCE": "forkant",
        "FORKANT_CASE_SERVICE_URL": f"http://127.0.0.1:{ports['case-api']}",
        "FORKANT_INTROSPECTION_CLIENT_ID": RESOURCE_SERVER,
        "FORKANT_INTROSPECTION_CLIENT_SECRET": SERVICE_SECRET,
        "FORKANT_SELF_AUDIT_CLIENT_ID": SELF_AUDIT,
        "FORKANT_SELF_AUDIT_CLIENT_SECRET": SERVICE_SECRET,
        "FORKANT_COURIER_CLIENT_ID": COURIER,
        "FORKANT_COURIER_CLIENT_SECRET": SERVICE_SECRET,
        # A round each quarter of a minute, so that somebody who looks sees it turn.
        "FORKANT_SELF_AUDIT_EVERY_SECONDS": "1",
        "FORKANT_SELF_AUDIT_ROUND_SECONDS": "15",
        # The demo is a year's work of a unit in a minute, by a handful of people.
        "FORKANT_RATE_LIMIT_READS_PER_MINUTE": "120000",
        "FORKANT_RATE_LIMIT_WRITES_PER_MINUTE": "120000",
        "FORKANT_CURSOR_SECRET": secrets.get(f"{service.name}_cursor"),
        "FORKANT_ENDPOINT_SECRET_KEYS": key,
        "FORKANT_WEBHOOK_ALLOW_LOOPBACK": "true",
        **_letters(ports),
    }


def _letters(ports: Mapping[str, int]) -> dict[str, str]:
    """Give what sends every letter to the mail catcher, in clear and over this machine alone."""
    return {
        "FORKANT_LETTER_CHANNELS": "email",
        "FORKANT_LETTER_SITE_URL": f"http://127.0.0.1:{ports['notification-api']}",
        "FORKANT_SMTP_HOST": "127.0.0.1",
        "FORKANT_SMTP_PORT": str(ports["mail-smtp"]),
        "FORKANT_SMTP_SECURITY": "none",
        "FORKANT_SMTP_SENDER": "forkant@politiet.example",
    }
