"""Test set-up for the whole repository."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["forkant_devstack.pytest_plugin"]

# How fast an example runs depends on what else the machine does, so time never fails a test.
settings.register_profile("forkant", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("forkant")
