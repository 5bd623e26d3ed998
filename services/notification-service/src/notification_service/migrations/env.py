"""Alembic runs this file to bring the database up to date."""

from forkant_kit.alembic_env import run

run()
