"""The cells with their dimensions are read by an API, as those of districts are; which station they are of is not.

Revision ID: 0012
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, told

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS: Final = "generation, district, metric, month, case_type, theme, age_band, bucket, amount"
# As of the cells by district: what is told is asked once for each statement.
_DISTRICT_IS_TOLD: Final = f"""
(SELECT {told("districts")} = 'all') OR district = (SELECT CASE {told("districts")} WHEN 'own' THEN {told("unit")} END)
"""


def upgrade() -> None:
    op.execute("DROP POLICY caller_sees ON cell")
    op.execute(f"CREATE POLICY caller_sees ON cell FOR SELECT USING ({_DISTRICT_IS_TOLD})")
    op.execute(for_worker(f"GRANT SELECT ({COLUMNS}) ON cell TO {{app}}"))


def downgrade() -> None:
    raise NotImplementedError("what is counted stays; go on to a later version instead")
