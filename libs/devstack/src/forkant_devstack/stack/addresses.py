"""Tells commands that talk to the platform where it is, when it runs on other ports than the default ones."""

import os

from forkant_devstack.stack.layout import find_layout
from forkant_devstack.supervisor import state


def point_at_running_platform() -> None:
    """Set the addresses of the running platform as defaults of the environment; without one, change nothing."""
    running = state.read(find_layout().run)
    if running is None:
        return
    os.environ.setdefault("FORKANT_CASE_URL", running.url("case-api"))
    os.environ.setdefault("FORKANT_INDICATOR_URL", running.url("indicator-api"))
    os.environ.setdefault("FORKANT_NOTIFICATION_URL", running.url("notification-api"))
    os.environ.setdefault("FORKANT_OIDC_ISSUER", running.issuer)
