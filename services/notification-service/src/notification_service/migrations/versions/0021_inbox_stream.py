"""The journal behind the live inbox: what became of which message, numbered after the commit that brought it.

Triggers write it, so that no way to make, remove, mark or hide a message forgets to, the release before included. It
holds no id of a case and nothing of what a message says. Callers read it through functions of the owner's alone, which
show what is for the unit and roles, or of the person, that the transaction's stance names.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES: Final = (
    """
    CREATE TABLE inbox_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        position bigint UNIQUE,
        stamp uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
        what text NOT NULL CHECK (what IN ('begun', 'made', 'gone', 'hidden', 'shown', 'marked')),
        entry_id uuid,
        district text,
        unit text,
        roles text[],
        person text,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK ((entry_id IS NULL) = (what = 'begun')),
        CHECK ((person IS NOT NULL) = (what = 'marked')),
        CHECK ((district IS NOT NULL) = (what IN ('made', 'gone', 'hidden', 'shown'))),
        CHECK ((unit IS NULL) = (district IS NULL) AND (roles IS NULL) = (district IS NULL))
    )
    """,
    "CREATE INDEX inbox_change_unnumbered ON inbox_change (id) WHERE position IS NULL",
    "CREATE INDEX inbox_change_of_district ON inbox_change (district, position) WHERE district IS NOT NULL",
    "CREATE INDEX inbox_change_of_person ON inbox_change (person, position) WHERE person IS NOT NULL",
    "CREATE INDEX inbox_change_by_age ON inbox_change (changed_at)",
    """
    CREATE TABLE inbox_head (
        only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
        position bigint NOT NULL
    )
    """,
)
WALLS: Final = (
    *guard("inbox_change", see="false", worker=Worker.WRITES),
    *guard("inbox_head", see="false"),
)
_OWNERS: Final = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"


def of_entries(rows: str, what: str) -> str:
    """Return the statement that notes what became of some messages."""
    return f"""
        INSERT INTO inbox_change (what, entry_id, district, unit, roles)
        SELECT {what}, e.id, e.district, e.unit, e.roles FROM {rows} AS e ORDER BY e.id
    """  # noqa: S608 - of this file's own constants


def noting(name: str, body: str) -> tuple[str, str]:
    """Return the statements that make the function of a trigger."""
    return (
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
        BEGIN
            {body};
            RETURN NULL;
        END $$
        """,
        f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC",
    )


NEW_MARKS: Final = (
    "INSERT INTO inbox_change (what, entry_id, person) SELECT 'marked', n.entry_id, n.person FROM marked AS n"
)
TRIGGERS: Final = (
    *noting("note_made_entries", of_entries("made", "'made'")),
    (
        "CREATE TRIGGER inbox_entry_made AFTER INSERT ON inbox_entry REFERENCING NEW TABLE AS made "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_made_entries()"
    ),
    *noting("note_gone_entries", of_entries("gone", "'gone'")),
    (
        "CREATE TRIGGER inbox_entry_gone AFTER DELETE ON inbox_entry REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_gone_entries()"
    ),
    *noting("note_new_marks", NEW_MARKS),
    (
        "CREATE TRIGGER inbox_mark_made AFTER INSERT ON inbox_mark REFERENCING NEW TABLE AS marked "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_new_marks()"
    ),
    *noting(
        "note_changed_marks",
        f"{NEW_MARKS} JOIN before AS b USING (entry_id, person) "
        "WHERE (b.read_at, b.acknowledged_at) IS DISTINCT FROM (n.read_at, n.acknowledged_at)",
    ),
    (
        "CREATE TRIGGER inbox_mark_changed AFTER UPDATE ON inbox_mark REFERENCING OLD TABLE AS before "
        "NEW TABLE AS marked FOR EACH STATEMENT EXECUTE FUNCTION note_changed_marks()"
    ),
    *noting(
        "note_restriction",
        of_entries(
            "(SELECT * FROM inbox_entry WHERE subject_id = NEW.case_id)",
            "CASE WHEN NEW.restricted THEN 'hidden' ELSE 'shown' END",
        ),
    ),
    (
        "CREATE TRIGGER case_standing_made AFTER INSERT ON case_standing "
        "FOR EACH ROW WHEN (NEW.restricted) EXECUTE FUNCTION note_restriction()"
    ),
    (
        "CREATE TRIGGER case_standing_changed AFTER UPDATE ON case_standing "
        "FOR EACH ROW WHEN (NEW.restricted <> OLD.restricted) EXECUTE FUNCTION note_restriction()"
    ),
)

# Whoever numbers holds the row of the head until the commit, so that numbers are handed out in the order in which they
# can be read; who comes meanwhile waits, and then sees those. What others have not committed yet gets a later number.
NUMBER: Final = f"""
    CREATE FUNCTION number_inbox_changes() RETURNS TABLE (newest bigint, newest_stamp uuid, more boolean)
    LANGUAGE plpgsql VOLATILE {_OWNERS} AS $$
    DECLARE
        most CONSTANT integer := 5000;
        head bigint;
        numbered integer := 0;
    BEGIN
        IF NOT EXISTS (SELECT FROM inbox_change WHERE position IS NOT NULL) THEN
            INSERT INTO inbox_head (position) VALUES (0) ON CONFLICT DO NOTHING;
            PERFORM FROM inbox_head FOR UPDATE;
            IF NOT EXISTS (SELECT FROM inbox_change) THEN
                INSERT INTO inbox_change (what) VALUES ('begun');
            END IF;
        END IF;
        IF EXISTS (SELECT FROM inbox_change WHERE position IS NULL) THEN
            SELECT h.position INTO head FROM inbox_head AS h FOR UPDATE;
            WITH waiting AS (
                SELECT w.id, row_number() OVER (ORDER BY w.id) AS n
                FROM (SELECT c.id FROM inbox_change AS c WHERE c.position IS NULL ORDER BY c.id LIMIT most) AS w
            )
            UPDATE inbox_change AS c SET position = head + w.n FROM waiting AS w WHERE c.id = w.id;
            GET DIAGNOSTICS numbered = ROW_COUNT;
            UPDATE inbox_head AS h SET position = head + numbered WHERE numbered > 0;
        END IF;
        RETURN QUERY SELECT c.position, c.stamp, numbered = most FROM inbox_change AS c
            WHERE c.position IS NOT NULL ORDER BY c.position DESC LIMIT 1;
    END $$
"""  # noqa: S608 - of this file's own constants
TOUCHED: Final = f"""
    CREATE FUNCTION inbox_touched(after bigint, until bigint) RETURNS TABLE (district text, person text)
    LANGUAGE sql STABLE {_OWNERS} AS $$
        SELECT DISTINCT c.district, c.person FROM inbox_change AS c WHERE c.position > after AND c.position <= until
    $$
"""  # noqa: S608 - of this file's own constants
POSITION: Final = f"""
    CREATE FUNCTION inbox_position(of_stamp uuid) RETURNS bigint
    LANGUAGE sql STABLE {_OWNERS} AS $$
        SELECT c.position FROM inbox_change AS c WHERE c.stamp = of_stamp
    $$
"""  # noqa: S608 - of this file's own constants
UNIT: Final = told("unit")


def of_my_role(of: str) -> str:
    """Return the condition that a change or a message is for the unit and roles of the stance."""
    return (
        f"{of}.district = split_part({UNIT}, '/', 1) AND ({of}.unit = {UNIT} OR starts_with({of}.unit, {UNIT} || '/'))"
        f" AND {of}.roles && string_to_array({told('roles')}, ' ')"
    )


NEWS: Final = f"""
    CREATE FUNCTION inbox_news_for_me(after bigint, until bigint, most integer)
    RETURNS TABLE (place bigint, stamp uuid, what text, entry_id uuid, needs text, subject text, subject_id uuid)
    LANGUAGE sql STABLE {_OWNERS} AS $$
        SELECT c.position, c.stamp, c.what, c.entry_id, e.needs, e.subject, e.subject_id
        FROM inbox_change AS c LEFT JOIN inbox_entry AS e
            ON e.id = c.entry_id AND {of_my_role("e")}
            AND ({told("sees_restricted")} = 'on' OR e.subject_id <> ALL ((SELECT restricted_cases())::uuid[]))
        WHERE c.position > after AND c.position <= until
            AND (c.person = {told("subject")} OR {of_my_role("c")})
        ORDER BY c.position LIMIT most
    $$
"""  # noqa: S608 - of this file's own constants
FUNCTIONS: Final = (
    "number_inbox_changes()",
    "inbox_touched(bigint, bigint)",
    "inbox_position(uuid)",
    "inbox_news_for_me(bigint, bigint, integer)",
)
GRANTS: Final = (
    *(f"GRANT EXECUTE ON FUNCTION {each} TO {{app}}" for each in FUNCTIONS),
    "REVOKE ALL ON inbox_change, inbox_head FROM {app}",
    "GRANT SELECT, DELETE ON inbox_change TO {worker}",
    "GRANT SELECT ON inbox_head TO {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *WALLS, *TRIGGERS, NUMBER, TOUCHED, POSITION, NEWS):
        op.execute(statement)
    for each in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {each} FROM PUBLIC")
    for grant in GRANTS:
        op.execute(for_worker(grant))


def downgrade() -> None:
    raise NotImplementedError("readers hold positions of the journal; go on to a later version instead")
