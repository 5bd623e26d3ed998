"""Test set-up for the whole repository."""

import gc

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["forkant_devstack.pytest_plugin"]

# How fast an example runs depends on what else the machine does, so time never fails a test.
settings.register_profile("forkant", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("forkant")

# Python's usual limits walk through all tests, modules and applications again and again: a third of the time in which
# tests are collected. What a dropped object warns of is still told, with a later test or at the end.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Never look for garbage among the tests themselves, of which there are many and none goes away."""
    gc.collect()
    gc.freeze()


class PlatformScheduling(LoadScopeScheduling):
    """Gives a worker a file at a time, and what shares a platform that lives on, a folder of `tests/`, as one."""

    def _split_scope(self, nodeid: str) -> str:
        parts = nodeid.split("::", 1)[0].split("/")
        return "/".join(parts[:2]) if parts[0] == "tests" else "/".join(parts)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> PlatformScheduling:
    """Share out the tests of a run with several workers."""
    return PlatformScheduling(config, log)
