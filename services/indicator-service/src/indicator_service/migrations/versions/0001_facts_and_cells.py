"""Facts, cells and changes, with the consumer's tables.

Revision ID: 0001
"""

from alembic import op
from forkant_kit.consumer_schema import CONSUMER_DDL, CONSUMER_DROP_DDL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_DDL = (
    """
    CREATE TABLE case_fact (
        case_id uuid PRIMARY KEY,
        version integer NOT NULL,
        unit text NOT NULL,
        erased boolean NOT NULL,
        fact jsonb NOT NULL
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE TABLE concern_fact (
        concern_id uuid PRIMARY KEY,
        version integer NOT NULL,
        unit text NOT NULL,
        fact jsonb NOT NULL
    ) WITH (fillfactor = 80)
    """,
    # Every dimension, for breakdowns.
    """
    CREATE TABLE cell (
        district text NOT NULL,
        metric text NOT NULL,
        month date NOT NULL,
        unit text NOT NULL,
        case_type text NOT NULL,
        theme text NOT NULL,
        age_band text NOT NULL,
        bucket integer NOT NULL,
        amount bigint NOT NULL,
        PRIMARY KEY (district, metric, month, unit, case_type, theme, age_band, bucket)
    ) WITH (fillfactor = 80)
    """,
    # The same by district alone: what the figures and the stream read, small however many cases there are.
    """
    CREATE TABLE district_cell (
        district text NOT NULL,
        metric text NOT NULL,
        month date NOT NULL,
        bucket integer NOT NULL,
        amount bigint NOT NULL,
        PRIMARY KEY (district, metric, month, bucket)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE metric_change (
        sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        unit text NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
)


def upgrade() -> None:
    for statement in (*CONSUMER_DDL, *_DDL):
        op.execute(statement)


def downgrade() -> None:
    for table in ("metric_change", "district_cell", "cell", "concern_fact", "case_fact"):
        op.execute(f"DROP TABLE {table}")
    for statement in CONSUMER_DROP_DDL:
        op.execute(statement)
