"""What may be done about parked events, as DDL for the migrations of the services that consume.

``parked_action`` says who asked for what and why, ``parked_outcome`` what became of it; both only grow. A parked event
points at the one request that waits for the worker, so that finding work costs nothing while there is none.
"""

from typing import Final

PARKED_ACTION_DDL: Final[tuple[str, ...]] = (
    """
    CREATE TABLE parked_action (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consumer_group text NOT NULL,
        parked_id bigint NOT NULL REFERENCES parked_event,
        action text NOT NULL CHECK (action IN ('replay', 'discard')),
        requested_by text NOT NULL CHECK (length(requested_by) BETWEEN 1 AND 255),
        reason text CHECK (length(reason) BETWEEN 1 AND 500),
        requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK (action <> 'discard' OR reason IS NOT NULL)
    )
    """,
    "CREATE INDEX parked_action_by_event ON parked_action (parked_id)",
    """
    CREATE TABLE parked_outcome (
        action_id bigint PRIMARY KEY REFERENCES parked_action,
        outcome text NOT NULL CHECK (outcome IN ('applied', 'superseded', 'discarded', 'still_parked', 'refused')),
        detail text NOT NULL,
        done_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    "ALTER TABLE parked_event ADD COLUMN requested_action bigint REFERENCES parked_action",
    """
    CREATE INDEX parked_event_requested ON parked_event (consumer_group, requested_action)
    WHERE requested_action IS NOT NULL
    """,
    """
    CREATE FUNCTION refuse_parked_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the record of what was done about parked events only grows'
            USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER parked_action_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON parked_action
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_parked_change()
    """,
    """
    CREATE TRIGGER parked_outcome_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON parked_outcome
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_parked_change()
    """,
)
"""Statements that create the tables beside those of the consumer, in order."""

PARKED_ACTION_DROP_DDL: Final[tuple[str, ...]] = (
    "ALTER TABLE parked_event DROP COLUMN requested_action",
    "DROP TABLE parked_outcome",
    "DROP TABLE parked_action",
    "DROP FUNCTION refuse_parked_change()",
)
"""Statements that drop them again."""
