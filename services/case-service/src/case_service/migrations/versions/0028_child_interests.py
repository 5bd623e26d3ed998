"""What an assessment says of the interests of a child; one of before says nothing of them but the child's view."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE assessment
    ADD COLUMN best_interests bytea,
    ADD COLUMN child_not_heard text CHECK (child_not_heard IN ('too_young', 'did_not_want', 'unreachable',
        'would_harm')),
    ADD COLUMN guardian_contact text CHECK (guardian_contact IN ('contacted', 'not_contacted')),
    ADD COLUMN guardian_not_contacted text CHECK (guardian_not_contacted IN ('no_guardian', 'unreachable',
        'would_endanger_child', 'would_hinder_investigation')),
    ADD COLUMN duty_to_report text CHECK (duty_to_report IN ('considered_no_duty', 'reported', 'reported_by_others')),
    ADD CONSTRAINT assessment_child_heard CHECK (child_view IS NULL OR child_not_heard IS NULL),
    ADD CONSTRAINT assessment_guardian CHECK (
        (guardian_contact IS NOT DISTINCT FROM 'not_contacted') = (guardian_not_contacted IS NOT NULL)
    )
"""


def upgrade() -> None:
    op.execute(COLUMNS)


def downgrade() -> None:
    raise NotImplementedError("what was said of a child stays; go on to a later version instead")
