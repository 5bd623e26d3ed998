"""Policies of tables as DDL: what a caller may see, add, change and remove, by the stance of the transaction.

What a policy does not allow, nobody may, the owner of the table included: its migrations say ``forkant.system`` first.
The worker's role sees every row, since it serves everybody; whether it writes is said for each table. A login of the
API can't become either: it is no member of them.
"""

from enum import StrEnum
from typing import Final

from forkant_kit.rls.stance import PREFIX

SYSTEM_ON: Final = f"SET LOCAL {PREFIX}.system = 'on'"
"""What the owner says before it touches rows of guarded tables, in a migration or by hand."""

UNGUARDED: Final = "unguarded: "
"""What the comment on a table begins with that its migration puts behind no policy; the reason follows."""


class Worker(StrEnum):
    """What the worker's role may do with all rows of a table, as far as its grants go."""

    READS = "SELECT"
    WRITES = "ALL"


def told(name: str) -> str:
    """Return the SQL of a setting of the stance: NULL or empty without one; asked once for each statement."""
    return f"(SELECT current_setting('{PREFIX}.{name}', true))"


OWNER_ACTS: Final = f"session_user <> current_user OR {told('system')} = 'on'"
"""The owner acts: in a function of its own that another role calls, or when it says that the system does."""


def guard(
    table: str,
    *,
    see: str,
    add: str | None = None,
    change: str | None = None,
    remove: str | None = None,
    worker: Worker = Worker.READS,
    owner: str = OWNER_ACTS,
) -> tuple[str, ...]:
    """Return the statements that put a table behind row-level security; what is left out is refused.

    Args:
        table: its name.
        see: the condition on a row to be read. A changed row must meet it before and after.
        add: the condition on a row to be inserted.
        change: the condition on a row as it is after an update.
        remove: the condition on a row to be deleted.
        worker: what the worker's role may do besides, with every row.
        owner: the condition on rows for the owner, whose migrations and functions need them; ``true`` where a function
            of the owner's would do harm if it saw nothing.
    """
    policies = [f"CREATE POLICY caller_sees ON {table} FOR SELECT USING ({see})"]
    if add is not None:
        policies.append(f"CREATE POLICY caller_adds ON {table} FOR INSERT WITH CHECK ({add})")
    if change is not None:
        policies.append(f"CREATE POLICY caller_changes ON {table} FOR UPDATE USING ({see}) WITH CHECK ({change})")
    if remove is not None:
        policies.append(f"CREATE POLICY caller_removes ON {table} FOR DELETE USING ({remove})")
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        *policies,
        f"CREATE POLICY owner_works ON {table} TO CURRENT_USER USING ({owner})",
        for_worker(f"CREATE POLICY worker_works ON {table} FOR {worker} TO {{worker}} USING (true)"),
    )


def unguarded(table: str, *, reason: str) -> str:
    """Return the statement by which a migration says that a new table, or view, needs no guard.

    It stands in the service's ``row_security.FREE`` too, which the release before does not have: without this, its
    processes would stop being ready as soon as the migration has run.
    """
    quoted = (UNGUARDED + reason).replace("'", "''")
    return f"COMMENT ON TABLE {table} IS '{quoted}'"


def for_worker(statement: str) -> str:
    """Return a statement that may name the roles of the API and the worker, as ``{app}`` and ``{worker}``.

    It fails, and says why, on a database without these roles: a worker would find nothing to do there.
    """
    return _FOR_WORKER.replace("{statement}", statement)


_FOR_WORKER: Final = """
DO $do$
DECLARE
    app text := regexp_replace(current_user, '_owner$', '_app');
    worker text := regexp_replace(current_user, '_owner$', '_worker');
    missing text := (SELECT string_agg(name, ', ') FROM unnest(ARRAY[app, worker]) AS name
                     WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name));
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'make the role % first; the worker''s is a login and a member of the application''s', missing;
    END IF;
    EXECUTE replace(replace($sql${statement}$sql$, '{app}', quote_ident(app)), '{worker}', quote_ident(worker));
END $do$
"""
