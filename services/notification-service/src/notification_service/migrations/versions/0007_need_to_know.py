"""Need to know in the inbox: a message shows to who may see what it is about, by what the case service says of that.

What each kind needs is written with the message, as :mod:`notification_service.domain.audiences` says it. Which
messages are meant for a reader's unit and role, a function of the owner's tells before anything is shown: ids to ask
the case service about. The table itself shows a reader only what was answered.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, for_worker, told

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEEDS: Final = (
    SYSTEM_ON,
    "ALTER TABLE inbox_entry ADD COLUMN needs text CHECK (needs IN ('now', 'ever', 'role'))",
    """
    UPDATE inbox_entry SET needs = CASE
        WHEN kind IN ('glass_broken', 'access_reviewed', 'review_overdue', 'review_escalated') THEN 'role'
        WHEN kind IN ('case_erased', 'case_transferred_out') THEN 'ever'
        ELSE 'now'
    END
    """,
    "ALTER TABLE inbox_entry ALTER COLUMN needs SET NOT NULL",
)


def ids(name: str) -> str:
    """Return the ids of a setting, as an array that is read once for each statement."""
    return f"((SELECT string_to_array(current_setting('forkant.{name}', true), ' '))::uuid[])"


UNIT: Final = told("unit")
OF_MY_ROLE: Final = (
    f"(unit = {UNIT} OR starts_with(unit, {UNIT} || '/')) AND roles && string_to_array({told('roles')}, ' ')"
)
NOT_RESTRICTED: Final = f"({told('sees_restricted')} = 'on' OR subject_id <> ALL ((SELECT restricted_cases())::uuid[]))"
IN_SIGHT: Final = f"""CASE needs WHEN 'role' THEN true
    WHEN 'now' THEN subject_id = ANY ({ids("seen_now")})
    WHEN 'ever' THEN subject_id = ANY ({ids("seen_ever")})
    ELSE false END"""
POLICY: Final = (
    "DROP POLICY caller_sees ON inbox_entry",
    f"""
    CREATE POLICY caller_sees ON inbox_entry FOR SELECT USING (
        CASE WHEN {OF_MY_ROLE} THEN {IN_SIGHT} AND {NOT_RESTRICTED} ELSE false END
    )
    """,
)
MEANT: Final = (
    f"""
    CREATE FUNCTION inbox_meant_for_me(only_one uuid, before uuid, chosen_kind text, unread boolean, most integer)
    RETURNS TABLE (entry_id uuid, needs text, subject text, subject_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT e.id, e.needs, e.subject, e.subject_id FROM inbox_entry AS e
        WHERE e.district = split_part({UNIT}, '/', 1) AND {OF_MY_ROLE} AND {NOT_RESTRICTED}
            AND (only_one IS NULL OR e.id = only_one)
            AND (before IS NULL OR e.id < before)
            AND (chosen_kind IS NULL OR e.kind = chosen_kind)
            AND (unread IS NULL OR unread = NOT EXISTS (
                SELECT FROM inbox_mark AS m WHERE m.entry_id = e.id AND m.person = {told("subject")}
            ))
        ORDER BY e.id DESC LIMIT most
    $$
    """,  # noqa: S608 - of this file's own constants
    "REVOKE ALL ON FUNCTION inbox_meant_for_me(uuid, uuid, text, boolean, integer) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION inbox_meant_for_me(uuid, uuid, text, boolean, integer) TO {app}"),
)


def upgrade() -> None:
    for statement in (*NEEDS, *POLICY, *MEANT):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
