"""Row-level security: a message is there for those whom it is for, and an endpoint with its deliveries for its owner.

Each policy is one condition, a CASE where it has parts: the planner takes each condition of its own for another that
makes rows fewer, and then sorts what it could read in the order of an index.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
CHANGES: Final = f"{told('changes')} = 'on'"


def when(condition: str, then: str = "true") -> str:
    """Return a condition that counts as one."""
    return f"CASE WHEN {condition} THEN {then} ELSE false END"


# A hidden row can't be asked whether its case is restricted: the list is the owner's, asked once for each statement.
RESTRICTED: Final = (
    """
    CREATE FUNCTION restricted_cases() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(array_agg(case_id), '{}') FROM case_standing WHERE restricted
    $$
    """,
    "CREATE INDEX case_standing_restricted ON case_standing (case_id) WHERE restricted",
    "REVOKE ALL ON FUNCTION restricted_cases() FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION restricted_cases() TO {app}"),
)

IS_FOR_ME: Final = when(
    f"(unit = {UNIT} OR starts_with(unit, {UNIT} || '/')) AND roles && string_to_array({told('roles')}, ' ')",
    f"{told('sees_restricted')} = 'on' OR subject_id <> ALL ((SELECT restricted_cases())::uuid[])",
)
MINE: Final = f"person = {told('subject')}"
MARKED_BY_ME: Final = when(f"{MINE} AND {CHANGES}", "EXISTS (SELECT FROM inbox_entry AS e WHERE e.id = entry_id)")
INBOX: Final = (
    *guard("inbox_entry", see=IS_FOR_ME, worker=Worker.WRITES),
    *guard("inbox_mark", see=MINE, add=MARKED_BY_ME, change=MARKED_BY_ME),
)

# Deleted ones too: who deletes an endpoint must see what it becomes.
OWNED: Final = when(
    f"unit = {UNIT} AND national = ({told('national')} = 'on')", f"{told('owner')} = '' OR owner = {told('owner')}"
)
OWN_CHANGES: Final = when(CHANGES, OWNED)
WITH_ITS_ENDPOINT: Final = when("endpoint_id = ANY (ARRAY(SELECT e.id FROM endpoint AS e))")
CHANGES_WITH_IT: Final = when(CHANGES, WITH_ITS_ENDPOINT)
ENDPOINTS: Final = (
    *guard("endpoint", see=OWNED, add=OWN_CHANGES, change=OWN_CHANGES, worker=Worker.WRITES),
    *guard(
        "endpoint_secret",
        see=WITH_ITS_ENDPOINT,
        add=CHANGES_WITH_IT,
        change=CHANGES_WITH_IT,
        remove=CHANGES_WITH_IT,
        worker=Worker.WRITES,
    ),
    *(
        statement
        for table in ("lane", "delivery")
        for statement in guard(
            table, see=WITH_ITS_ENDPOINT, add=CHANGES_WITH_IT, change=CHANGES_WITH_IT, worker=Worker.WRITES
        )
    ),
    *guard("delivery_attempt", see="EXISTS (SELECT FROM delivery AS d WHERE d.id = delivery_id)", worker=Worker.WRITES),
)

OWN_ANSWER: Final = f"subject = {told('subject')}"
ANSWERS: Final = guard("idempotency_key", see=OWN_ANSWER, add=OWN_ANSWER, worker=Worker.WRITES)

WORKERS: Final = (
    "case_standing",
    "consumer_offset",
    "aggregate_version",
    "parked_event",
    "parked_action",
    "parked_outcome",
)
KEPT_FOR_THE_WORKER: Final = tuple(
    statement for table in WORKERS for statement in guard(table, see="false", worker=Worker.WRITES)
)

EVERY: Final = ", ".join(
    (
        "inbox_entry",
        "inbox_mark",
        "endpoint",
        "endpoint_secret",
        "lane",
        "delivery",
        "delivery_attempt",
        "idempotency_key",
        *WORKERS,
    )
)
# An API signs nothing, so that it needs no secret, sealed or not; and it deletes nothing but these.
GRANTS: Final = (
    f"REVOKE ALL ON {EVERY} FROM {{app}}",
    "GRANT SELECT ON inbox_entry, delivery_attempt TO {app}",
    "GRANT SELECT, INSERT, UPDATE ON inbox_mark, endpoint, lane, delivery TO {app}",
    "GRANT INSERT, DELETE ON endpoint_secret TO {app}",
    "GRANT SELECT (id, endpoint_id, created_at, expires_at), UPDATE (expires_at) ON endpoint_secret TO {app}",
    "GRANT SELECT, INSERT ON idempotency_key TO {app}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {EVERY} TO {{worker}}",
)


def upgrade() -> None:
    for statement in (*RESTRICTED, *INBOX, *ENDPOINTS, *ANSWERS, *KEPT_FOR_THE_WORKER):
        op.execute(statement)
    for grant in GRANTS:
        op.execute(for_worker(grant))


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
