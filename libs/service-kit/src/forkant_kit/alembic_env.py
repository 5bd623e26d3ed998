"""The body of every service's Alembic ``env.py``: runs on the connection that ``migrations.migrate`` opened."""

from alembic import context


def run() -> None:
    """Run the migrations inside the transaction of the caller's connection."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
