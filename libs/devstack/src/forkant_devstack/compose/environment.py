"""What docker-compose.yml is given: ports, and passwords and keys out of the platform's secret store."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Final

from forkant_devstack.compose.jobs import ROLES, password_variable
from forkant_devstack.compose.realm import REALM
from forkant_devstack.stack.audit_files import audit_files
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES
from forkant_devstack.stack.text_keys import text_keys
from forkant_devstack.supervisor.state import State

BROKER: Final = "kafka"
CONTAINER_USER: Final = 10001
"""Whom the services' images run as."""
COLLECTOR: Final = "http://collector:4318"
"""Where traces go to with the profile `telemetry`."""
GRAFANA: Final = "http://127.0.0.1:3000"
"""Where its dashboards are."""


def variables(layout: Layout) -> dict[str, str]:
    """Return the variables; secrets that are new are made and kept."""
    secrets = SecretStore(layout.secrets)
    found = {
        **{f"FORKANT_{name.upper().replace('-', '_')}_PORT": str(port) for name, port in DEFAULT_PORTS.items()},
        "FORKANT_POSTGRES_PASSWORD": secrets.get("compose_postgres"),
        "FORKANT_KEYCLOAK_PASSWORD": secrets.get("compose_keycloak"),
        "FORKANT_GRAFANA_PASSWORD": secrets.get("compose_grafana"),
        "FORKANT_CURSOR_SECRET": secrets.get("case_cursor"),
        "FORKANT_CASE_TEXT_KEYS": text_keys(secrets).setting,
        "FORKANT_ENDPOINT_SECRET_KEYS": base64.b64encode(
            hashlib.sha256(secrets.get("endpoint_secrets").encode()).digest()
        ).decode(),
        "FORKANT_AUDIT_FOLDER": str(layout.state / "audit"),
    }
    for service in SERVICES:
        database = service.database(broker=BROKER)
        files = audit_files(layout, secrets, database=database)
        files.keys()  # written down now: a head is verified by the key of its time
        found[f"FORKANT_{service.name.upper()}_AUDIT_SIGNING_KEY"] = base64.b64encode(files.seed).decode()
        found |= {password_variable(service.name, role): secrets.get(f"{database}_{role}") for role in ROLES}
    return found


def write(layout: Layout, *, telemetry: bool = False) -> Path:
    """Write the file that Compose reads the variables from, for its owner's eyes alone, and return it."""
    traced = {"FORKANT_OTLP_ENDPOINT": COLLECTOR} if telemetry else {}
    lines = "".join(f"{name}={value}\n" for name, value in {**variables(layout), **traced}.items())
    file = layout.state / "compose.env"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.write(lines)
    return file


def open_to_containers(layout: Layout) -> None:
    """Let the services' user write the heads of the audit chains, which are verified on this side."""
    folder = layout.state / "audit"
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, CONTAINER_USER, CONTAINER_USER)
    else:
        folder.chmod(0o777)


def running_state(*, started_at: float) -> State:
    """Return how the other commands find the platform."""
    return State(
        supervisor_pid=0,
        started_at=started_at,
        phase="running",
        broker=BROKER,
        ports=DEFAULT_PORTS,
        log_in=f"http://127.0.0.1:{DEFAULT_PORTS['issuer']}/realms/{REALM}",
    )
