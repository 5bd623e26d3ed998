"""Need to know: levels of confidentiality, members of cases, access for a time, and standing in for who is on leave.

Who worked on a case before there were members becomes one of it, so that nobody loses sight of their own work.
"""

from typing import Final

from alembic import op
from forkant_kit.access.schema import ACCESS_DDL
from forkant_kit.rls.schema import SYSTEM_ON, for_worker, guard, told

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
SUBJECT: Final = told("subject")
CHANGES: Final = f"{told('changes')} = 'on'"


def number(name: str) -> str:
    """Return the SQL of a setting that is a number: NULL without one."""
    return f"(SELECT nullif(current_setting('forkant.{name}', true), '')::integer)"


LEVELS: Final = (
    "ALTER TABLE preventive_case ADD COLUMN level integer NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 3)",
    """
    ALTER TABLE preventive_case ADD COLUMN lowest_level integer NOT NULL DEFAULT 1
        CHECK (lowest_level BETWEEN 1 AND level)
    """,
    "ALTER TABLE case_departure ADD COLUMN lowest_level integer NOT NULL DEFAULT 1",
)

# When a case moved, whoever worked on it before is of another unit.
MEMBERS: Final = """
INSERT INTO access_grant (id, kind, subject, object_id, valid_from, reason, given_by)
SELECT gen_random_uuid(), 'member', subject, case_id, min(since), '', 'migration'
FROM (
    SELECT id AS case_id, case_owner AS subject, opened_at AS since, NULL::timestamptz AS at FROM preventive_case
    UNION ALL SELECT id, opened_by, opened_at, opened_at FROM preventive_case
    UNION ALL SELECT case_id, author, saved_at, saved_at FROM assessment
    UNION ALL SELECT case_id, author, written_at, written_at FROM plan
    UNION ALL SELECT case_id, planned_by, planned_at, planned_at FROM measure
    UNION ALL SELECT m.case_id, s.done_by, s.done_at, s.done_at FROM measure_step AS s JOIN measure AS m
        ON m.id = s.measure_id
    UNION ALL SELECT case_id, scheduled_by, scheduled_at, scheduled_at FROM follow_up
    UNION ALL SELECT case_id, held_by, held_at, held_at FROM follow_up WHERE held_by IS NOT NULL
    UNION ALL SELECT case_id, author, saved_at, saved_at FROM evaluation
) AS worked
WHERE at IS NULL OR at > ALL (
    SELECT decided_at FROM transfer AS t WHERE t.case_id = worked.case_id AND t.state = 'accepted'
)
GROUP BY case_id, subject
"""

HOLDS: Final = "valid_from <= told.at AND (valid_to IS NULL OR valid_to > told.at)"
TOLD: Final = """
(SELECT current_setting('forkant.subject', true) AS subject,
        nullif(current_setting('forkant.at', true), '')::timestamptz AS at) AS told
"""
# Asked once for each statement. They are the owner's, so that policies of cases and of grants don't ask each other
# without end.
_FUNCTIONS: Final = (
    """
    CREATE FUNCTION my_cases() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(array_agg(object_id), '{}') FROM (
            SELECT g.object_id FROM $told, access_grant AS g
            WHERE g.subject = told.subject AND g.kind = 'member' AND $holds
            UNION ALL
            SELECT g.object_id FROM $told, access_substitution AS s JOIN access_grant AS g ON g.subject = s.absent
            WHERE s.substitute = told.subject AND g.kind = 'member'
              AND g.valid_from <= told.at AND (g.valid_to IS NULL OR g.valid_to > told.at)
              AND s.valid_from <= told.at AND s.valid_to > told.at
        ) AS mine
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION cases_from_elsewhere() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(array_agg(id), '{}') FROM (
            SELECT case_id AS id FROM transfer
            WHERE to_unit = current_setting('forkant.unit', true) AND state = 'offered'
            UNION ALL
            SELECT g.object_id FROM $told, access_grant AS g
            WHERE g.subject = told.subject AND g.kind = 'access' AND $holds
        ) AS elsewhere
    $$
    """,
    """
    CREATE FUNCTION cases_by_broken_glass() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(array_agg(g.object_id), '{}') FROM $told, access_grant AS g
        WHERE g.subject = told.subject AND g.kind = 'break_glass' AND $holds
          AND g.valid_from > told.at - interval '30 minutes'
    $$
    """,
    "REVOKE ALL ON FUNCTION my_cases(), cases_by_broken_glass() FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION my_cases(), cases_by_broken_glass() TO {app}"),
)

FUNCTIONS: Final = tuple(text.replace("$told", TOLD).replace("$holds", HOLDS) for text in _FUNCTIONS)

CLEARED: Final = f"(level <= {number('clearance')} AND (NOT restricted OR {told('sees_restricted')} = 'on'))"
OF_MINE: Final = f"level < {number('members_from')} OR id = ANY ((SELECT my_cases())::uuid[])"
ELSEWHERE: Final = "id = ANY ((SELECT cases_from_elsewhere())::uuid[])"


def there(beyond: str) -> str:
    """Return the condition on a case, with what makes a case beyond the caller's own ones there.

    As one CASE, since the planner takes each condition of its own for another that makes rows fewer, and then sorts a
    whole unit for a page that an index has in order. NULL, which is no stance, ends in ELSE false.
    """
    return f"CASE WHEN {CLEARED} THEN (unit = {UNIT} AND ({OF_MINE})) OR {beyond} ELSE false END"


WORKED_ON: Final = there(ELSEWHERE)
# Broken glass is read-only: a transaction that says that it changes something does not see through it.
LOOKED_AT: Final = there(
    f"{ELSEWHERE} OR (coalesce({told('changes')}, '') <> 'on' AND id = ANY ((SELECT cases_by_broken_glass())::uuid[]))"
)
POLICIES: Final = (
    f"ALTER POLICY caller_sees ON preventive_case USING ({LOOKED_AT})",
    f"ALTER POLICY caller_adds ON preventive_case WITH CHECK (unit = {UNIT} AND {CLEARED} AND {CHANGES})",
    f"ALTER POLICY caller_changes ON preventive_case USING ({WORKED_ON}) WITH CHECK ({WORKED_ON} AND {CHANGES})",
)

OF_A_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = object_id)"
# Whoever breaks the glass does not see the case yet, and does so for themselves alone.
OWN_GLASS: Final = f"(kind = 'break_glass' AND subject = {SUBJECT} AND given_by = {SUBJECT})"
GRANTS: Final = (
    *guard(
        "access_grant",
        see=f"subject = {SUBJECT} OR {OF_A_CASE}",
        add=f"(({OF_A_CASE} AND kind <> 'break_glass') OR {OWN_GLASS}) AND {CHANGES}",
        change=f"{OF_A_CASE} AND {CHANGES}",
    ),
    *guard(
        "access_substitution",
        see=f"unit = {UNIT} OR absent = {SUBJECT} OR substitute = {SUBJECT}",
        add=f"unit = {UNIT} AND made_by = {SUBJECT} AND {CHANGES}",
        change=f"unit = {UNIT} AND {CHANGES}",
    ),
    for_worker("REVOKE ALL ON access_grant, access_substitution FROM {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE (valid_to, ended_by) ON access_grant, access_substitution TO {app}"),
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in (*LEVELS, *ACCESS_DDL, MEMBERS, *FUNCTIONS, *POLICIES, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
