"""Three indexes that answer any filter of a list that few or none of a unit's cases meet.

Each holds the unit and many columns, so that every filter is decided on the entries of one of them: skipping over the
columns before (PostgreSQL 18), or reading the unit's part from end to end, which is small. What is written once at the
opening, where a case stands, and its moments are apart, since an entry of codes alone is shared by thousands of cases.
An index for each column would be twenty, each to be written whenever a case is.
"""

from typing import Final

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES: Final = (
    """
    CREATE INDEX case_by_facts ON preventive_case (
        unit, theme, case_type, age_band, subject_category, arena, special_category, purpose_code, legal_basis,
        municipality_number)
    """,
    """
    CREATE INDEX case_by_standing ON preventive_case (
        unit, state, close_reason, hold_reason, held_from, level, restricted, restriction_reason)
    """,
    """
    CREATE INDEX case_by_moments ON preventive_case (
        unit, clarification_deadline, closed_at, opened_at, recorded_at, updated_at)
    """,
    # All that it served is served by the index on where cases stand, or by the order of a unit's cases.
    "DROP INDEX case_by_state",
)


def upgrade() -> None:
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("go on to a later version instead")
