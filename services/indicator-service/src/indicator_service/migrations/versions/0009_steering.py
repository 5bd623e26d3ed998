"""Targets, priorities, the watches over figures, and the outbox that tells of crossings.

What was in force is everybody's to see; a proposal is its unit's and the directorate's. The watches know what small
counts look like before they are hidden, so that they are the worker's alone, with the outbox and its archive: an API
writes no event.
"""

from typing import Final

from alembic import op
from forkant_kit.archive_schema import archive_ddl
from forkant_kit.outbox_schema import OUTBOX_DDL, OUTBOX_RECORD_DDL
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES: Final = (
    # The number is what the constraint on its versions goes by: it needs no extension to compare ranges of it.
    """
    CREATE TABLE target (
        id uuid PRIMARY KEY,
        number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
        unit text NOT NULL,
        indicator integer NOT NULL CHECK (indicator BETWEEN 1 AND 99),
        period text NOT NULL CHECK (period IN ('month', 'rolling_12')),
        version integer NOT NULL DEFAULT 1,
        UNIQUE (unit, indicator, period)
    )
    """,
    """
    CREATE TABLE target_version (
        target_id uuid NOT NULL REFERENCES target,
        target_number integer NOT NULL REFERENCES target (number),
        unit text NOT NULL,
        number integer NOT NULL CHECK (number BETWEEN 1 AND 10000),
        state text NOT NULL CHECK (state IN ('proposed', 'approved', 'superseded', 'withdrawn')),
        goal numeric NOT NULL,
        near numeric NOT NULL,
        margin numeric NOT NULL,
        hold_days integer NOT NULL,
        wanted_from date NOT NULL,
        wanted_until date CHECK (wanted_until >= wanted_from),
        first_day date,
        last_day date,
        ended_by integer,
        reason text NOT NULL,
        proposed_by text NOT NULL,
        proposed_at timestamptz NOT NULL,
        approved_by text CHECK (approved_by <> proposed_by),
        approved_at timestamptz,
        withdrawn_by text,
        withdrawn_at timestamptz,
        withdrawal_reason text,
        PRIMARY KEY (target_id, number),
        CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
        CHECK (first_day IS NULL OR approved_at IS NOT NULL),
        CONSTRAINT target_in_force_once EXCLUDE USING gist (
            int4range(target_number, target_number, '[]') WITH &&, daterange(first_day, last_day, '[]') WITH &&
        ) WHERE (first_day IS NOT NULL) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE priority (
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 1,
        unit text NOT NULL,
        indicator integer CHECK (indicator BETWEEN 1 AND 99),
        theme text,
        first_day date NOT NULL,
        last_day date NOT NULL CHECK (last_day >= first_day),
        reason text NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        ended_on date,
        withdrawn_by text,
        withdrawn_at timestamptz,
        CHECK ((indicator IS NULL) <> (theme IS NULL))
    )
    """,
    "CREATE INDEX priority_last_day ON priority (last_day)",
    """
    CREATE TABLE indicator_watch (
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 0,
        unit text NOT NULL,
        indicator integer NOT NULL,
        period text NOT NULL,
        band text,
        pending text,
        pending_since date,
        target_id uuid,
        target_version integer,
        definition_version integer,
        UNIQUE (unit, indicator, period)
    ) WITH (fillfactor = 80)
    """,
    # One row, which whoever judges the figures locks: nobody else does at the same time.
    """
    CREATE TABLE watch_round (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        sequence bigint NOT NULL DEFAULT -1,
        day date NOT NULL DEFAULT '-infinity',
        definitions text NOT NULL DEFAULT ''
    )
    """,
)

STEERS_ALL: Final = f"{told('steers')} = 'all'"
STEERS_ROW: Final = f"({STEERS_ALL} OR ({told('steers')} = 'own' AND unit = {told('unit')}))"
WAS_APPROVED: Final = "approved_at IS NOT NULL"
OF_OWN_UNIT: Final = f"unit = {told('unit')}"
VERSION_SEEN: Final = f"({WAS_APPROVED} OR {OF_OWN_UNIT} OR {STEERS_ALL})"
TARGET_SEEN: Final = f"""
({OF_OWN_UNIT} OR {STEERS_ALL} OR EXISTS (SELECT FROM target_version AS v WHERE v.target_id = target.id))
"""
NOBODY: Final = "false"

WALLS: Final = (
    *guard("target_version", see=VERSION_SEEN, add=STEERS_ROW, change=STEERS_ROW),
    *guard("target", see=TARGET_SEEN, add=STEERS_ROW, change=STEERS_ROW),
    *guard("priority", see="true", add=STEERS_ROW, change=STEERS_ROW),
    *guard("indicator_watch", see=NOBODY, worker=Worker.WRITES),
    # The owner's functions drop old months when nothing in them goes on, so they must see all.
    *guard("event_archive", see=NOBODY, worker=Worker.WRITES, owner="true"),
)
WORKERS: Final = "indicator_watch, watch_round, event_archive, outbox, relay_lease, relay_member"
GRANTS: Final = (
    f"REVOKE ALL ON {WORKERS} FROM {{app}}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {WORKERS} TO {{worker}}",
    "REVOKE ALL ON target, target_version, priority FROM {app}",
    "GRANT SELECT, INSERT, UPDATE ON target, target_version, priority TO {app}",
    "GRANT SELECT ON target, target_version, priority TO {worker}",
)


def upgrade() -> None:
    # Nothing follows a watch's events for good: its aggregate goes on for as long as the unit is watched.
    for statement in (*OUTBOX_DDL, *OUTBOX_RECORD_DDL, *archive_ddl(final_types=()), *TABLES):
        op.execute(statement)
    for statement in WALLS:
        op.execute(statement)
    for statement in GRANTS:
        op.execute(for_worker(statement))
    op.execute("INSERT INTO watch_round DEFAULT VALUES")


def downgrade() -> None:
    raise NotImplementedError("targets that were approved stay on record; go on to a later version instead")
