"""The audit trail of the kit, sealed into a chain; what the audit log held moves over."""

from alembic import op
from forkant_kit.audit.schema import AUDIT_DDL

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The old log knew neither clients nor roles. Its moments stay, so that its months go when their time has come.
MOVE = (
    "SELECT ensure_audit_months(min(at), 12) FROM audit_log HAVING min(at) IS NOT NULL",
    """
    UPDATE audit_chain SET segment = oldest.month
    FROM (SELECT date_trunc('month', min(at) AT TIME ZONE 'UTC')::date AS month FROM audit_log) AS oldest
    WHERE oldest.month IS NOT NULL
    """,
    """
    INSERT INTO audit_entry (at, subject, client_id, unit, roles, action, object_kind, object_ids, version, outcome,
                             trace_id)
    SELECT at, subject, 'unknown', unit, '{}', action, aggregate,
           CASE WHEN aggregate_id IS NULL THEN '{}' ELSE ARRAY[aggregate_id] END, version, 'done', trace_id
    FROM audit_log ORDER BY seq
    """,
    "DROP TABLE audit_log",
    "DROP FUNCTION refuse_audit_change()",
)


def upgrade() -> None:
    for statement in (*AUDIT_DDL, *MOVE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the audit trail only grows; go on to a later version instead")
