"""Tasks with deadlines, the version of the work process that each case is on, and since when a case is on hold.

Cases that were open before get their tasks from the worker, since a task is told of by an event: they are on no version
of the process until then.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"

TABLE: Final = (
    """
    CREATE TABLE task (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        unit text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('complete_assessment', 'approve_plan', 'complete_measure', 'hold_follow_up',
            'complete_evaluation', 'answer_transfer', 'clarify_information', 'review_case')),
        item_id uuid,
        role text NOT NULL CHECK (role ~ '^[a-z_]{1,40}$'),
        due_on date NOT NULL,
        counted text NOT NULL CHECK (counted IN ('calendar', 'working')),
        runs_on_hold boolean NOT NULL,
        by_hand boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'done', 'lapsed')),
        assignee text,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        ended_by text,
        ended_at timestamptz,
        level integer NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 9),
        escalates_on date CHECK (escalates_on > due_on),
        CONSTRAINT task_ended CHECK (num_nulls(ended_by, ended_at) = CASE WHEN state = 'open' THEN 2 ELSE 0 END)
    )
    """,
    # Whatever happens at once, a case asks for the same thing once.
    """
    CREATE UNIQUE INDEX task_asked_once ON task (case_id, kind, coalesce(item_id, case_id))
    WHERE state = 'open' AND NOT by_hand
    """,
    "CREATE INDEX task_by_case ON task (case_id, id)",
    "CREATE INDEX task_by_unit ON task (unit, due_on, id) WHERE state = 'open'",
    "CREATE INDEX task_by_assignee ON task (assignee, due_on, id) WHERE state = 'open' AND assignee IS NOT NULL",
    "CREATE INDEX task_to_escalate ON task (escalates_on) WHERE state = 'open' AND escalates_on IS NOT NULL",
    *guard("task", see=WITH_ITS_CASE, add=WRITES, change=WRITES, remove=WRITES, worker=Worker.WRITES),
    for_worker("REVOKE ALL ON task FROM {app}"),
    for_worker("""
        GRANT SELECT, INSERT, DELETE, UPDATE (unit, due_on, state, assignee, ended_by, ended_at, escalates_on)
        ON task TO {app}
    """),
    for_worker("GRANT UPDATE (level) ON task TO {worker}"),
)

CASES: Final = (
    "ALTER TABLE preventive_case ADD COLUMN process_version integer CHECK (process_version >= 1)",
    "ALTER TABLE preventive_case ADD COLUMN held_on date",
    "UPDATE preventive_case SET held_on = (updated_at AT TIME ZONE 'Europe/Oslo')::date WHERE state = 'on_hold'",
    "ALTER TABLE preventive_case ADD CONSTRAINT case_held_on CHECK ((state = 'on_hold') = (held_on IS NOT NULL))",
    """
    CREATE INDEX case_on_no_process ON preventive_case (id)
    WHERE process_version IS NULL AND erased_at IS NULL AND NOT restricted
    """,
    """
    CREATE FUNCTION put_on_process(asked uuid, seen integer, process integer, events integer) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH moved AS (
            UPDATE preventive_case AS c
            SET version = c.version + events, process_version = process,
                change_xid = CASE WHEN events > 0 THEN pg_current_xact_id()::text::bigint ELSE c.change_xid END
            WHERE c.id = asked AND c.revision = seen AND c.process_version IS NULL AND c.erased_at IS NULL
            RETURNING 1
        )
        SELECT EXISTS (SELECT FROM moved)
    $$
    """,
    "REVOKE ALL ON FUNCTION put_on_process(uuid, integer, integer, integer) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION put_on_process(uuid, integer, integer, integer) TO {worker}"),
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in (*TABLE, *CASES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("who was given what to do is not forgotten; go on to a later version instead")
