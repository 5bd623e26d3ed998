"""Alembic's entry point; the kit runs it on its own connection."""

from forkant_kit.alembic_env import run

run()
