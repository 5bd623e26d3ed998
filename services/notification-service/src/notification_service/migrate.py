"""Brings the service's database to the newest version: ``python -m notification_service.migrate``."""

from pathlib import Path
from typing import Final

from forkant_kit.migrations import run_migrations

MIGRATIONS: Final = Path(__file__).parent / "migrations"

if __name__ == "__main__":
    run_migrations(service="notification-service", script_location=MIGRATIONS)
