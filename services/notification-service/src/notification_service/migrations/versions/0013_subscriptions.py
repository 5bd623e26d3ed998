"""Subscriptions and preferences of people, and what messages are matched by: theme and indicator.

A theme comes with the first event of a case or concern alone, so it is kept until that is erased.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MATCHED: Final = (
    "ALTER TABLE inbox_entry ADD COLUMN theme text",
    "ALTER TABLE inbox_entry ADD COLUMN indicator integer",
    """
    CREATE TABLE subject_theme (
        subject_id uuid PRIMARY KEY,
        theme text NOT NULL
    )
    """,
)
TABLES: Final = (
    """
    CREATE TABLE subscription (
        id uuid PRIMARY KEY,
        person text NOT NULL,
        kinds text[] NOT NULL,
        roles text[] NOT NULL,
        units text[] NOT NULL,
        case_id uuid,
        themes text[] NOT NULL,
        indicator integer,
        version integer NOT NULL CHECK (version >= 1),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX subscription_by_person ON subscription (person, id)",
    "CREATE INDEX subscription_by_case ON subscription (case_id) WHERE case_id IS NOT NULL",
    """
    CREATE TABLE preference (
        person text PRIMARY KEY,
        language text NOT NULL CHECK (language IN ('nb', 'nn', 'en')),
        time_zone text NOT NULL,
        quiet_start time,
        quiet_end time,
        digest text CHECK (digest IN ('day', 'week')),
        digest_hour integer CHECK (digest_hour BETWEEN 0 AND 23),
        digest_weekday integer CHECK (digest_weekday BETWEEN 1 AND 7),
        kinds jsonb NOT NULL,
        version integer NOT NULL CHECK (version >= 1),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK ((quiet_start IS NULL) = (quiet_end IS NULL)),
        CHECK ((digest IS NULL) = (digest_hour IS NULL)),
        CHECK ((digest IS NOT DISTINCT FROM 'week') = (digest_weekday IS NOT NULL))
    )
    """,
)

MINE: Final = f"person = {told('subject')}"
MY_CHANGES: Final = f"CASE WHEN {told('changes')} = 'on' THEN {MINE} ELSE false END"
WALLS: Final = (
    *guard("subject_theme", see="false", worker=Worker.WRITES),
    *guard("subscription", see=MINE, add=MY_CHANGES, change=MY_CHANGES, remove=MY_CHANGES, worker=Worker.WRITES),
    *guard("preference", see=MINE, add=MY_CHANGES, change=MY_CHANGES, worker=Worker.WRITES),
)

# One rule for what a subscription matches, whether it is previewed, written from or sent by. It takes a row and looks
# nothing up, so it shows nobody anything.
MATCHES: Final = """
    CREATE FUNCTION entry_matches(
        e inbox_entry, kinds text[], roles text[], units text[], about uuid, themes text[], figure integer
    ) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
        SELECT (cardinality(kinds) = 0 OR e.kind = ANY (kinds))
            AND (cardinality(roles) = 0 OR e.roles && roles)
            AND (cardinality(units) = 0 OR coalesce(e.about_unit, e.unit) = ANY (units)
                 OR split_part(coalesce(e.about_unit, e.unit), '/', 1) = ANY (units))
            AND (about IS NULL OR e.subject = 'case' AND e.subject_id = about)
            AND (cardinality(themes) = 0 OR coalesce(e.theme = ANY (themes), false))
            AND (figure IS NULL OR coalesce(e.indicator = figure, false))
    $$
"""

UNIT: Final = told("unit")
MATCHING: Final = "inbox_matching_for_me(text[], text[], text[], uuid, text[], integer, timestamptz, integer)"
MEANT: Final = (
    f"""
    CREATE FUNCTION inbox_matching_for_me(
        kinds text[], roles_ text[], units text[], about uuid, themes text[], figure integer, since timestamptz,
        most integer
    )
    RETURNS TABLE (entry_id uuid, kind text, needs text, subject text, subject_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT e.id, e.kind, e.needs, e.subject, e.subject_id FROM inbox_entry AS e
        WHERE e.district = split_part({UNIT}, '/', 1)
            AND (e.unit = {UNIT} OR starts_with(e.unit, {UNIT} || '/'))
            AND e.roles && string_to_array({told("roles")}, ' ')
            AND ({told("sees_restricted")} = 'on' OR e.subject_id <> ALL ((SELECT restricted_cases())::uuid[]))
            AND e.recorded_at >= since
            AND entry_matches(e, kinds, roles_, units, about, themes, figure)
        ORDER BY e.id DESC LIMIT most
    $$
    """,  # noqa: S608 - of this file's own constants
    f"REVOKE ALL ON FUNCTION {MATCHING} FROM PUBLIC",
)
GRANTS: Final = (
    f"GRANT EXECUTE ON FUNCTION {MATCHING} TO {{app}}",
    "REVOKE ALL ON subject_theme, subscription, preference FROM {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON subscription TO {app}",
    "GRANT SELECT, INSERT, UPDATE ON preference TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON subject_theme, subscription, preference TO {worker}",
)


def upgrade() -> None:
    for statement in (*MATCHED, *TABLES, *WALLS, MATCHES, *MEANT):
        op.execute(statement)
    for grant in GRANTS:
        op.execute(for_worker(grant))


def downgrade() -> None:
    raise NotImplementedError("what people chose stays; go on to a later version instead")
