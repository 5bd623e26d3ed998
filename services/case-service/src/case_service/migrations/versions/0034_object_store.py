"""Contents of attachments may be in an object store: the ledger names objects, and a queue those to delete."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"
IS_ELSEWHERE: Final = (
    "EXISTS (SELECT FROM attachment_content AS a WHERE a.id = content_id AND a.object_name IS NOT NULL)"
)

QUEUE: Final = (
    "ALTER TABLE attachment_content ADD COLUMN object_name uuid",
    """
    CREATE UNIQUE INDEX attachment_content_by_object ON attachment_content (object_name)
    WHERE object_name IS NOT NULL
    """,
    """
    CREATE TABLE object_deletion (
        object_name uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        queued_at timestamptz NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
        next_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX object_deletion_by_case ON object_deletion (case_id)",
    "CREATE INDEX object_deletion_due ON object_deletion (next_at)",
    *guard("object_deletion", see=WITH_ITS_CASE, add=WRITES, worker=Worker.WRITES),
    for_worker("REVOKE ALL ON object_deletion FROM {app}"),
    for_worker("GRANT SELECT, INSERT ON object_deletion TO {app}"),
    for_worker("GRANT UPDATE (attempts, next_at), DELETE ON object_deletion TO {worker}"),
)

# Whatever deletes a line of the ledger, its object is queued in the same transaction: no command can forget it.
TRIGGER: Final = (
    """
    CREATE FUNCTION queue_object_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO object_deletion (object_name, case_id) VALUES (OLD.object_name, OLD.case_id);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER queue_object_deletion AFTER DELETE ON attachment_content FOR EACH ROW
    WHEN (OLD.object_name IS NOT NULL) EXECUTE FUNCTION queue_object_deletion()
    """,
)

# The worker moves contents out of the database; the segments that it deletes are those of contents that are elsewhere.
MOVING: Final = (
    for_worker("GRANT UPDATE (object_name) ON attachment_content TO {worker}"),
    for_worker("GRANT DELETE ON attachment_segment TO {worker}"),
    for_worker(f"CREATE POLICY worker_moves ON attachment_segment FOR DELETE TO {{worker}} USING ({IS_ELSEWHERE})"),
)


def upgrade() -> None:
    for statement in (*QUEUE, *TRIGGER, *MOVING):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was attached is not thrown away; go on to a later version instead")
