"""Test set-up for the whole repository."""

pytest_plugins = ["forkant_devstack.pytest_plugin"]
