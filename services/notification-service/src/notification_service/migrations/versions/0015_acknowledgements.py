"""Messages that somebody must acknowledge: until when, at which level they are, and who did.

Whoever acknowledges any message of a chain settles it, in the same transaction: a trigger writes it, since the API's
role may not. Leads and privacy officers of the unit read it, of cases that they may see.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ENTRIES: Final = (
    SYSTEM_ON,
    # What tells that a message was not acknowledged goes with that message, whatever takes it away.
    "ALTER TABLE inbox_entry ADD COLUMN first_entry_id uuid REFERENCES inbox_entry ON DELETE CASCADE",
    "ALTER TABLE inbox_entry ADD COLUMN level integer NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 9)",
    "ALTER TABLE inbox_entry ADD COLUMN of_kind text",
    """
    ALTER TABLE inbox_entry ADD CONSTRAINT inbox_entry_follows
    CHECK ((level = 0) = (first_entry_id IS NULL) AND (level = 0) = (of_kind IS NULL))
    """,
    "CREATE INDEX inbox_entry_following ON inbox_entry (first_entry_id) WHERE first_entry_id IS NOT NULL",
)

UNIT: Final = told("unit")
OF_MY_UNIT: Final = f"""(unit = {UNIT} OR starts_with(unit, {UNIT} || '/'))
    AND string_to_array({told("roles")}, ' ') && '{{prevention_lead,privacy_officer}}'"""
NOT_RESTRICTED: Final = f"({told('sees_restricted')} = 'on' OR subject_id <> ALL ((SELECT restricted_cases())::uuid[]))"


def ids(name: str) -> str:
    """Return the ids of a setting, as an array that is read once for each statement."""
    return f"((SELECT string_to_array(current_setting('forkant.{name}', true), ' '))::uuid[])"


IN_SIGHT: Final = f"""CASE needs WHEN 'role' THEN true
    WHEN 'now' THEN subject_id = ANY ({ids("seen_now")})
    WHEN 'ever' THEN subject_id = ANY ({ids("seen_ever")})
    ELSE false END"""

DEMANDS: Final = (
    """
    CREATE TABLE demand (
        entry_id uuid PRIMARY KEY REFERENCES inbox_entry ON DELETE CASCADE,
        event_id uuid NOT NULL,
        kind text NOT NULL,
        unit text NOT NULL,
        district text NOT NULL,
        needs text NOT NULL CHECK (needs IN ('now', 'ever', 'role')),
        subject text NOT NULL,
        subject_id uuid NOT NULL,
        subject_version integer NOT NULL,
        about_id uuid,
        rules integer NOT NULL CHECK (rules >= 1),
        level integer NOT NULL CHECK (level BETWEEN 0 AND 9),
        told_on date NOT NULL,
        escalates_on date CHECK (escalates_on > told_on),
        acknowledged_by text,
        acknowledged_at timestamptz,
        acknowledged_level integer,
        over_at timestamptz,
        CONSTRAINT demand_acknowledged CHECK (num_nulls(acknowledged_by, acknowledged_at, acknowledged_level) IN (0, 3))
    )
    """,
    """
    CREATE INDEX demand_to_escalate ON demand (escalates_on, entry_id)
    WHERE escalates_on IS NOT NULL AND acknowledged_at IS NULL AND over_at IS NULL
    """,
    "CREATE INDEX demand_about ON demand (about_id) WHERE acknowledged_at IS NULL AND over_at IS NULL",
    "CREATE INDEX demand_by_district ON demand (district, entry_id DESC)",
    *guard(
        "demand",
        see=f"CASE WHEN {OF_MY_UNIT} THEN {IN_SIGHT} AND {NOT_RESTRICTED} ELSE false END",
        worker=Worker.WRITES,
    ),
    for_worker("REVOKE ALL ON demand FROM {app}"),
    for_worker("GRANT SELECT ON demand TO {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON demand TO {worker}"),
    """
    CREATE FUNCTION settle_demand() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        UPDATE demand AS d
        SET acknowledged_by = NEW.person, acknowledged_at = NEW.acknowledged_at, acknowledged_level = e.level
        FROM inbox_entry AS e
        WHERE e.id = NEW.entry_id AND d.entry_id = coalesce(e.first_entry_id, e.id) AND d.acknowledged_at IS NULL;
        RETURN NULL;
    END $$
    """,
    "REVOKE ALL ON FUNCTION settle_demand() FROM PUBLIC",
    """
    CREATE TRIGGER inbox_mark_settles AFTER INSERT OR UPDATE OF acknowledged_at ON inbox_mark
    FOR EACH ROW WHEN (NEW.acknowledged_at IS NOT NULL) EXECUTE FUNCTION settle_demand()
    """,
    f"""
    CREATE FUNCTION demands_meant_for_me(before uuid, only_open boolean, most integer)
    RETURNS TABLE (entry_id uuid, needs text, subject text, subject_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT d.entry_id, d.needs, d.subject, d.subject_id FROM demand AS d
        WHERE d.district = split_part({UNIT}, '/', 1) AND {OF_MY_UNIT} AND {NOT_RESTRICTED}
            AND (before IS NULL OR d.entry_id < before)
            AND (only_open IS NULL OR only_open = (d.acknowledged_at IS NULL AND d.over_at IS NULL))
        ORDER BY d.entry_id DESC LIMIT most
    $$
    """,  # noqa: S608 - of this file's own constants
    "REVOKE ALL ON FUNCTION demands_meant_for_me(uuid, boolean, integer) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION demands_meant_for_me(uuid, boolean, integer) TO {app}"),
)


def upgrade() -> None:
    for statement in (*ENTRIES, *DEMANDS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("who acknowledged what is not forgotten; go on to a later version instead")
