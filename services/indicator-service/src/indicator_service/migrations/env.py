"""Alembic's entry point."""

from forkant_kit.alembic_env import run

run()
