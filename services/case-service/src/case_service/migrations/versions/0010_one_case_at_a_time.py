"""Whoever asks about one case is looked up as a member of that one, not as a member of all their cases.

A read of one case asks a dozen tables, each of which asks whether the case is there. With the list of all memberships
that was most of what the read took. And a list looks each of its rows up among them, no longer one after the other.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, told

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
SEES_RESTRICTED: Final = told("sees_restricted")
ABOUT: Final = "(SELECT nullif(current_setting('forkant.about', true), '')::uuid)"


def number(name: str) -> str:
    """Return the SQL of a setting that is a number: NULL without one."""
    return f"(SELECT nullif(current_setting('forkant.{name}', true), '')::integer)"


# Says of one case what my_cases() says of all; in PL/pgSQL, whose plan lasts for the session.
IS_MINE: Final = (
    """
    CREATE FUNCTION is_mine(asked uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        me text := current_setting('forkant.subject', true);
        at timestamptz := nullif(current_setting('forkant.at', true), '')::timestamptz;
    BEGIN
        RETURN EXISTS (
            SELECT FROM access_grant AS g
            WHERE g.object_id = asked AND g.kind = 'member' AND g.valid_from <= at
              AND (g.valid_to IS NULL OR g.valid_to > at)
              AND (g.subject = me OR EXISTS (
                  SELECT FROM access_substitution AS s
                  WHERE s.substitute = me AND s.absent = g.subject AND s.unit = current_setting('forkant.unit', true)
                    AND s.valid_from <= at AND s.valid_to > at)));
    END $$
    """,
    "REVOKE ALL ON FUNCTION is_mine(uuid) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION is_mine(uuid) TO {app}"),
)


def among(function: str) -> str:
    """Return the condition that a case is one of those that a function lists.

    As a subquery, which is hashed: to look each row of a list up in an array would take the square of its length. The
    function's call is a subquery too, or the planner would make it, plan the policies that it meets, and so on.
    """
    return f"id IN (SELECT unnest((SELECT {function}())::uuid[]))"


# What the transaction says that it is about only picks the way of asking: both ways give the same answer.
OF_MINE: Final = f"""
level < {number("members_from")}
OR CASE WHEN id = {ABOUT} THEN is_mine(id) ELSE {among("my_cases")} END
"""
CLEARED: Final = f"(level <= {number('clearance')} AND (NOT restricted OR {SEES_RESTRICTED} = 'on'))"
ELSEWHERE: Final = among("cases_from_elsewhere")


def there(beyond: str) -> str:
    """Return the condition on a case, as 0006 does."""
    return f"CASE WHEN {CLEARED} THEN (unit = {UNIT} AND ({OF_MINE})) OR {beyond} ELSE false END"


WORKED_ON: Final = there(ELSEWHERE)
LOOKED_AT: Final = there(
    f"{ELSEWHERE} OR (coalesce({told('changes')}, '') <> 'on' AND {among('cases_by_broken_glass')})"
)
CHANGES: Final = f"{told('changes')} = 'on'"


def upgrade() -> None:
    for statement in IS_MINE:
        op.execute(statement)
    op.execute(f"ALTER POLICY caller_sees ON preventive_case USING ({LOOKED_AT})")
    op.execute(
        f"ALTER POLICY caller_changes ON preventive_case USING ({WORKED_ON}) WITH CHECK ({WORKED_ON} AND {CHANGES})"
    )


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
