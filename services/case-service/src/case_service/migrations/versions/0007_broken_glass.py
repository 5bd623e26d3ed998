"""Broken glass: what it opens, and the review that each of it gets."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
SUBJECT: Final = told("subject")
CHANGES: Final = f"{told('changes')} = 'on'"

REVIEW: Final = (
    """
    CREATE TABLE access_review (
        id uuid PRIMARY KEY REFERENCES access_grant,
        case_id uuid NOT NULL REFERENCES preventive_case,
        unit text NOT NULL,
        version integer NOT NULL DEFAULT 1,
        reason text NOT NULL CHECK (reason IN ('acute_danger', 'duty_to_avert', 'members_unreachable')),
        opened_by text NOT NULL,
        opened_by_unit text NOT NULL,
        opened_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        verdict text CHECK (verdict IN ('justified', 'not_justified')),
        reviewed_by text CHECK (reviewed_by <> opened_by),
        reviewed_at timestamptz,
        CONSTRAINT access_review_done CHECK (
            (verdict IS NULL) = (reviewed_by IS NULL) AND (verdict IS NULL) = (reviewed_at IS NULL))
    )
    """,
    "CREATE INDEX access_review_by_unit ON access_review (unit, id)",
    "CREATE INDEX access_review_by_case ON access_review (case_id)",
    # Whoever breaks the glass does not see the case yet: this is all that they are told of it.
    """
    CREATE FUNCTION case_behind_glass(asked uuid) RETURNS TABLE (unit text, purpose_code text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT c.unit, c.purpose_code FROM preventive_case AS c
        WHERE c.id = asked AND c.erased_at IS NULL AND NOT c.restricted
          AND c.level <= nullif(current_setting('forkant.clearance', true), '')::integer
    $$
    """,
    "REVOKE ALL ON FUNCTION case_behind_glass(uuid) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION case_behind_glass(uuid) TO {app}"),
    *guard(
        "access_review",
        see=f"unit = {UNIT} OR opened_by = {SUBJECT}",
        add=f"opened_by = {SUBJECT} AND opened_by_unit = {UNIT} AND verdict IS NULL AND {CHANGES}",
        change=f"unit = {UNIT} AND {CHANGES}",
    ),
    for_worker("REVOKE ALL ON access_review FROM {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE (version, verdict, reviewed_by, reviewed_at) ON access_review TO {app}"),
)

OF_MY_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = aggregate_id)"
OF_MY_REVIEW: Final = "EXISTS (SELECT FROM access_review AS r WHERE r.id = aggregate_id)"
ARCHIVE: Final = (
    f"""
    ALTER POLICY caller_adds ON event_archive
        WITH CHECK ((unit = {UNIT} OR {OF_MY_CASE} OR {OF_MY_REVIEW}) AND {CHANGES})
    """,
)


def upgrade() -> None:
    for statement in (*REVIEW, *ARCHIVE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was looked into is not forgotten; go on to a later version instead")
